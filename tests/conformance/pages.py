"""Who gets what at every address: a row for each address and method, a column for each visitor.

A cell is the status of the answer, or where it leads: ``login`` to the staff's sign-in, ``home`` to the staff's first
page, ``proof`` to where the order's number is proved, ``sign-in`` to where any number is, ``on`` elsewhere. An address
that answers 405 to everybody has no row for that method. A post is an empty form.

Visitors: nobody, a stranger (a customer who proved another number), the customer, staff of another merchant with every
right, staff who may only look, staff with every right, a superuser.
"""

PAGES = """
# address                       method nobody   stranger customer rival    viewer   support  boss

# For everybody: nothing of these pages is anybody's own, or the link itself is the key.
home                            GET   200      200      200      200      200      200      200
healthz                         GET   200      200      200      200      200      200      200
readyz                          GET   503      503      503      503      503      503      503
order                           GET   200      200      200      200      200      200      200
receiver                        GET   200      200      200      200      200      200      200
brand                           GET   200      200      200      200      200      200      200
logo                            GET   200      200      200      200      200      200      200
sign_in                         GET   200      200      200      200      200      200      200
sign_in                         POST  422      422      422      422      422      422      422
sign_out                        POST  on       on       on       on       on       on       on
turn_on_again                   POST  404      404      404      404      404      404      404
take_back_passed                POST  404      404      404      404      404      404      404
change_number_codes             GET   on       on       on       on       on       on       on
change_number_codes             POST  on       on       on       on       on       on       on
undo_number                     POST  on       on       on       on       on       on       on
end_devices                     POST  on       on       on       on       on       on       on
verify                          GET   200      200      200      200      200      200      200
verify                          POST  422      422      422      422      422      422      422
verify_receiver                 GET   200      200      200      200      200      200      200
verify_receiver                 POST  422      422      422      422      422      422      422
leave_receiver                  GET   200      200      200      200      200      200      200
leave_receiver                  POST  200      200      200      200      200      200      200
lookup                          GET   200      200      200      200      200      200      200
lookup                          POST  422      422      422      422      422      422      422
lookup_hints                    POST  200      200      200      200      200      200      200
arrived                         GET   200      200      200      200      200      200      200
arrived                         POST  409      409      409      409      409      409      409
service_worker                  GET   200      200      200      200      200      200      200
manifest                        GET   200      200      200      200      200      200      200
push_unsubscribe                POST  204      204      204      204      204      204      204
demo_push                       GET   200      200      200      200      200      200      200
unsubscribe                     GET   200      200      200      200      200      200      200
unsubscribe                     POST  on       on       on       on       on       on       on
demo_phone                      GET   200      200      200      200      200      200      200
demo_answer                     POST  404      404      404      404      404      404      404
demo_mail                       GET   200      200      200      200      200      200      200
demo_letter                     GET   200      200      200      200      200      200      200
demo_letter_html                GET   200      200      200      200      200      200      200
schema                          GET   200      200      200      200      200      200      200
api_docs                        GET   200      200      200      200      200      200      200

# By the link of an order, and by the proof of its number.
access                          GET   proof    proof    200      proof    proof    proof    proof
access                          POST  proof    proof    422      proof    proof    proof    proof
close_access                    POST  proof    proof    on       proof    proof    proof    proof
reorder                         GET   proof    proof    200      proof    proof    proof    proof
reorder                         POST  proof    proof    409      proof    proof    proof    proof
withdraw_reorder                POST  proof    proof    on       proof    proof    proof    proof
change_order                    GET   proof    proof    200      proof    proof    proof    proof
change_order                    POST  proof    proof    422      proof    proof    proof    proof
answer_receiver                 POST  proof    proof    proof    proof    proof    proof    proof
check                           GET   proof    proof    200      proof    proof    proof    proof
check                           POST  proof    proof    409      proof    proof    proof    proof
talk                            GET   proof    proof    200      proof    proof    proof    proof
talk                            POST  proof    proof    422      proof    proof    proof    proof
rate_talk                       POST  proof    proof    422      proof    proof    proof    proof
solve_talk                      POST  proof    proof    on       proof    proof    proof    proof
talk_file                       GET   proof    proof    200      proof    proof    proof    proof
ask_return                      GET   proof    proof    200      proof    proof    proof    proof
ask_return                      POST  proof    proof    422      proof    proof    proof    proof
withdraw                        GET   proof    proof    200      proof    proof    proof    proof
withdraw                        POST  proof    proof    422      proof    proof    proof    proof
return_case                     GET   proof    proof    200      proof    proof    proof    proof
return_label                    GET   proof    proof    200      proof    proof    proof    proof
return_photo                    GET   proof    proof    200      proof    proof    proof    proof
send_return                     GET   proof    proof    200      proof    proof    proof    proof
send_return                     POST  proof    proof    422      proof    proof    proof    proof
cancel_return                   POST  proof    proof    on       proof    proof    proof    proof
ask_dispute                     GET   proof    proof    200      proof    proof    proof    proof
ask_dispute                     POST  proof    proof    on       proof    proof    proof    proof
dispute                         GET   proof    proof    200      proof    proof    proof    proof
answer_dispute                  POST  proof    proof    409      proof    proof    proof    proof
answer_offer                    POST  proof    proof    on       proof    proof    proof    proof
withdraw_dispute                POST  proof    proof    on       proof    proof    proof    proof
dispute_photo                   GET   proof    proof    200      proof    proof    proof    proof
push_subscribe                  POST  403      403      422      403      403      403      403

# For who signed in with a number, whatever the number.
my_orders                       GET   sign-in  200      200      sign-in  sign-in  sign-in  sign-in
sign_in_code                    GET   sign-in  sign-in  sign-in  sign-in  sign-in  sign-in  sign-in
sign_in_code                    POST  sign-in  sign-in  sign-in  sign-in  sign-in  sign-in  sign-in
change_number                   GET   sign-in  200      200      sign-in  sign-in  sign-in  sign-in
change_number                   POST  sign-in  422      422      sign-in  sign-in  sign-in  sign-in
my_messages                     GET   sign-in  200      200      sign-in  sign-in  sign-in  sign-in
my_messages                     POST  sign-in  404      404      sign-in  sign-in  sign-in  sign-in
show_older                      POST  sign-in  on       on       sign-in  sign-in  sign-in  sign-in

# For who works for the merchant.
warehouse                       GET   login    login    login    200      200      200      200
warehouse_order                 GET   login    login    login    404      200      200      200
warehouse_order                 POST  login    login    login    404      on       on       on
warehouse_label                 GET   login    login    login    404      200      200      200
courier                         GET   login    login    login    200      200      200      200
handover                        GET   login    login    login    404      200      200      200
handover                        POST  login    login    login    404      422      422      422
settle_check                    POST  login    login    login    404      home     home     home
admin_return_photo              GET   login    login    login    404      200      200      200

# For programs, each with a signature of its own: who is signed in as what makes no difference.
refund_news                     POST  401      401      401      401      401      401      401
letter_door                     POST  401      401      401      401      401      401      401
twilio_status                   POST  415      415      415      415      415      415      415
twilio_inbound                  POST  415      415      415      415      415      415      415
wechat_consents                 POST  403      403      403      403      403      403      403
mail_events                     POST  401      401      401      401      401      401      401
carrier_webhook                 POST  401      401      401      401      401      401      401
carrier_account_webhook         POST  401      401      401      401      401      401      401

# Staff pages.
admin_find                      GET   login    login    login    200      200      200      200
admin_find                      POST  login    login    login    200      200      200      200
search                          GET   login    login    login    200      200      200      200
search                          POST  login    login    login    200      200      200      200
states                          GET   login    login    login    200      200      200      200
states                          POST  login    login    login    405      405      405      405
as_of                           GET   login    login    login    404      200      200      200
as_of                           POST  login    login    login    405      405      405      405
words                           GET   login    login    login    200      200      200      200
words                           POST  login    login    login    405      405      405      405
wording                         GET   login    login    login    404      200      200      200
wording                         POST  login    login    login    404      403      200      200
index                           GET   login    login    login    200      200      200      200
index                           POST  login    login    login    200      200      200      200
login                           GET   200      200      200      home     home     home     home
login                           POST  200      200      200      200      200      200      200
logout                          GET   home     home     home     405      405      405      405
logout                          POST  home     home     home     200      200      200      200
password_change                 GET   login    login    login    200      200      200      200
password_change                 POST  login    login    login    200      200      200      200
password_change_done            GET   login    login    login    200      200      200      200
password_change_done            POST  login    login    login    405      405      405      405
autocomplete                    GET   login    login    login    403      403      403      403
autocomplete                    POST  login    login    login    405      405      405      405
jsi18n                          GET   login    login    login    200      200      200      200
jsi18n                          POST  login    login    login    405      405      405      405
view_on_site                    GET   login    login    login    404      404      404      404
view_on_site                    POST  login    login    login    404      404      404      404
auth_user_password_change       GET   login    login    login    403      403      403      200
auth_user_password_change       POST  login    login    login    403      403      403      200
aftersales_conversation_file    GET   login    login    login    404      200      200      200
aftersales_conversation_file    POST  login    login    login    404      200      200      200
aftersales_dispute_export       GET   login    login    login    404      403      200      200
aftersales_dispute_export       POST  login    login    login    404      403      200      200
aftersales_dispute_photo        GET   login    login    login    404      200      200      200
aftersales_dispute_photo        POST  login    login    login    404      200      200      200
aftersales_return_unannounced   GET   login    login    login    404      403      200      200
aftersales_return_unannounced   POST  login    login    login    404      403      200      200
aftersales_return_found         GET   login    login    login    404      403      200      200
aftersales_return_found         POST  login    login    login    404      403      200      200
app_list                        GET   login    login    login    200      200      200      200
app_list                        POST  login    login    login    200      200      200      200
"""

# What staff may do with rows, by the kind of their page. Posts are asked of those alone who must be refused.
# A list of another merchant's staff is their own: what is on it is tested in tests/admin/test_tenancy.py.
_SEEN = """
list     GET   login    login    login    200      200      200      200
row      GET   login    login    login    home     200      200      200
row      POST  login    login    login    home     403
history  GET   login    login    login    home     200      200      200
"""
_DEEDS = """
deed     GET   login    login    login    404      403      200      200
deed     POST  login    login    login    404      403
"""
_NEVER_ADDED = """
add      GET   login    login    login    403      403      403      403
add      POST  login    login    login    403      403
"""
_ADDED = """
add      GET   login    login    login    200      403      200      200
add      POST  login    login    login    200      403
"""
_NEVER_DELETED = """
delete   GET   login    login    login    403      403      403      403
delete   POST  login    login    login    403      403
"""
_DELETED = """
delete   GET   login    login    login    home     403      200      200
delete   POST  login    login    login    home     403
"""
# Of no merchant: for superusers.
_BOSS_SEES = """
list     GET   login    login    login    403      403      403      200
row      GET   login    login    login    403      403      403      200
row      POST  login    login    login    403      403
history  GET   login    login    login    home     home     home     200
"""
_BOSS_DOES = """
deed     GET   login    login    login    404      404      404      200
deed     POST  login    login    login    404      404
"""
_BOSS_ADDS = """
add      GET   login    login    login    403      403      403      200
add      POST  login    login    login    403      403
"""
_BOSS_DELETES = """
delete   GET   login    login    login    403      403      403      200
delete   POST  login    login    login    403      403
"""

RECORD = _SEEN + _NEVER_ADDED + _NEVER_DELETED
ACTED_ON = RECORD + _DEEDS
FORM = _SEEN + _ADDED + _DELETED
KEPT_FORM = _SEEN + _ADDED + _NEVER_DELETED
KEPT_FORM_ACTED_ON = KEPT_FORM + _DEEDS
TENANT = _SEEN + _DEEDS + _BOSS_ADDS + _NEVER_DELETED
BOSS_RECORD = _BOSS_SEES + _BOSS_DOES + _NEVER_ADDED + _NEVER_DELETED
BOSS_FORM = _BOSS_SEES + _BOSS_ADDS + _BOSS_DELETES

# Every model that staff pages show, and of which kind its pages are.
MODELS = {
    "aftersales.Conversation": ACTED_ON,
    "aftersales.Dispute": ACTED_ON,
    "aftersales.GatewayAccount": KEPT_FORM,
    "aftersales.Macro": FORM,
    "aftersales.OrderCheck": ACTED_ON,
    "aftersales.Proposal": ACTED_ON,
    "aftersales.Refund": ACTED_ON,
    "aftersales.RefundSending": ACTED_ON,
    "aftersales.Return": ACTED_ON,
    "aftersales.ReturnClock": ACTED_ON,
    "auth.Group": BOSS_FORM,
    "auth.User": BOSS_FORM,
    "customers.Customer": ACTED_ON,
    "customers.PhonePolicy": FORM,
    "inventory.Item": KEPT_FORM,
    "inventory.Location": KEPT_FORM,
    "inventory.StockLevel": ACTED_ON,
    "inventory.StockMovement": RECORD,
    "kernel.Event": BOSS_RECORD,
    "merchants.ApiKey": KEPT_FORM_ACTED_ON,
    "merchants.Membership": BOSS_FORM,
    "merchants.Merchant": TENANT,
    "notifications.ClosedAddress": BOSS_RECORD,
    "notifications.InboundMessage": ACTED_ON,
    "notifications.Message": ACTED_ON,
    "notifications.MessagePolicy": FORM,
    "notifications.SmsSender": FORM,
    "notifications.Subscription": RECORD,
    "notifications.Trigger": FORM,
    "notifications.WeChatAccount": KEPT_FORM_ACTED_ON,
    "notifications.WeChatConsent": RECORD,
    "notifications.WebhookCall": ACTED_ON,
    "notifications.WebhookEndpoint": ACTED_ON,
    "orders.ImportProblem": RECORD,
    "orders.ImportRun": RECORD,
    "orders.Order": ACTED_ON,
    "orders.Reorder": ACTED_ON,
    "tracking.CarrierAccount": KEPT_FORM_ACTED_ON,
    "tracking.CarrierPayload": ACTED_ON,
    "tracking.Incident": ACTED_ON,
    "tracking.Poll": ACTED_ON,
    "tracking.Shipment": RECORD,
    "tracking.TrackingEvent": RECORD,
}
