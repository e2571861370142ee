"""Countries with their codes, zones and the other names that carriers give them (ISO 3166-1; IANA zone.tab)."""

# What carriers write beside the short names of the table.
ALIASES = {
    "UK": "GB",
    "GREAT BRITAIN": "GB",
    "UNITED KINGDOM OF GREAT BRITAIN AND NORTHERN IRELAND": "GB",
    "UNITED STATES OF AMERICA": "US",
    "NETHERLANDS": "NL",
    "NETHERLANDS, THE": "NL",
    "HOLLAND": "NL",
    "CZECH REPUBLIC": "CZ",
    "CZECH REPUBLIC, THE": "CZ",
    "KOREA": "KR",
    "KOREA, REPUBLIC OF": "KR",
    "REPUBLIC OF KOREA": "KR",
    "KOREA, REPUBLIC OF (SOUTH K.)": "KR",
    "TAIWAN, PROVINCE OF CHINA": "TW",
    "CHINA, PEOPLES REPUBLIC": "CN",
    "CHINA MAINLAND": "CN",
    "HONG KONG SAR, CHINA": "HK",
    "HONG KONG SAR": "HK",
    "MACAU": "MO",
    "MACAU SAR, CHINA": "MO",
    "RUSSIAN FEDERATION": "RU",
    "RUSSIAN FEDERATION, THE": "RU",
    "TURKIYE": "TR",
    "VIET NAM": "VN",
    "DEUTSCHLAND": "DE",
}

# alpha-2, alpha-3, zone ("-": several zones that differ, or none), name
COUNTRIES = """
AD AND Europe/Andorra Andorra
AE ARE Asia/Dubai United Arab Emirates
AF AFG Asia/Kabul Afghanistan
AG ATG America/Antigua Antigua and Barbuda
AI AIA America/Anguilla Anguilla
AL ALB Europe/Tirane Albania
AM ARM Asia/Yerevan Armenia
AO AGO Africa/Luanda Angola
AQ ATA - Antarctica
AR ARG America/Argentina/Buenos_Aires Argentina
AS ASM Pacific/Pago_Pago American Samoa
AT AUT Europe/Vienna Austria
AU AUS - Australia
AW ABW America/Aruba Aruba
AX ALA Europe/Mariehamn Aland Islands
AZ AZE Asia/Baku Azerbaijan
BA BIH Europe/Sarajevo Bosnia and Herzegovina
BB BRB America/Barbados Barbados
BD BGD Asia/Dhaka Bangladesh
BE BEL Europe/Brussels Belgium
BF BFA Africa/Ouagadougou Burkina Faso
BG BGR Europe/Sofia Bulgaria
BH BHR Asia/Bahrain Bahrain
BI BDI Africa/Bujumbura Burundi
BJ BEN Africa/Porto-Novo Benin
BL BLM America/St_Barthelemy Saint Barthelemy
BM BMU Atlantic/Bermuda Bermuda
BN BRN Asia/Brunei Brunei
BO BOL America/La_Paz Bolivia
BQ BES America/Kralendijk Bonaire, Saint Eustatius and Saba
BR BRA - Brazil
BS BHS America/Nassau Bahamas
BT BTN Asia/Thimphu Bhutan
BV BVT - Bouvet Island
BW BWA Africa/Gaborone Botswana
BY BLR Europe/Minsk Belarus
BZ BLZ America/Belize Belize
CA CAN - Canada
CC CCK Indian/Cocos Cocos Islands
CD COD - Democratic Republic of the Congo
CF CAF Africa/Bangui Central African Republic
CG COG Africa/Brazzaville Republic of the Congo
CH CHE Europe/Zurich Switzerland
CI CIV Africa/Abidjan Ivory Coast
CK COK Pacific/Rarotonga Cook Islands
CL CHL America/Santiago Chile
CM CMR Africa/Douala Cameroon
CN CHN Asia/Shanghai China
CO COL America/Bogota Colombia
CR CRI America/Costa_Rica Costa Rica
CU CUB America/Havana Cuba
CV CPV Atlantic/Cape_Verde Cabo Verde
CW CUW America/Curacao Curacao
CX CXR Indian/Christmas Christmas Island
CY CYP Asia/Nicosia Cyprus
CZ CZE Europe/Prague Czechia
DE DEU Europe/Berlin Germany
DJ DJI Africa/Djibouti Djibouti
DK DNK Europe/Copenhagen Denmark
DM DMA America/Dominica Dominica
DO DOM America/Santo_Domingo Dominican Republic
DZ DZA Africa/Algiers Algeria
EC ECU America/Guayaquil Ecuador
EE EST Europe/Tallinn Estonia
EG EGY Africa/Cairo Egypt
EH ESH Africa/El_Aaiun Western Sahara
ER ERI Africa/Asmara Eritrea
ES ESP Europe/Madrid Spain
ET ETH Africa/Addis_Ababa Ethiopia
FI FIN Europe/Helsinki Finland
FJ FJI Pacific/Fiji Fiji
FK FLK Atlantic/Stanley Falkland Islands
FM FSM - Micronesia
FO FRO Atlantic/Faroe Faroe Islands
FR FRA Europe/Paris France
GA GAB Africa/Libreville Gabon
GB GBR Europe/London United Kingdom
GD GRD America/Grenada Grenada
GE GEO Asia/Tbilisi Georgia
GF GUF America/Cayenne French Guiana
GG GGY Europe/Guernsey Guernsey
GH GHA Africa/Accra Ghana
GI GIB Europe/Gibraltar Gibraltar
GL GRL - Greenland
GM GMB Africa/Banjul Gambia
GN GIN Africa/Conakry Guinea
GP GLP America/Guadeloupe Guadeloupe
GQ GNQ Africa/Malabo Equatorial Guinea
GR GRC Europe/Athens Greece
GS SGS Atlantic/South_Georgia South Georgia and the South Sandwich Islands
GT GTM America/Guatemala Guatemala
GU GUM Pacific/Guam Guam
GW GNB Africa/Bissau Guinea-Bissau
GY GUY America/Guyana Guyana
HK HKG Asia/Hong_Kong Hong Kong
HM HMD - Heard Island and McDonald Islands
HN HND America/Tegucigalpa Honduras
HR HRV Europe/Zagreb Croatia
HT HTI America/Port-au-Prince Haiti
HU HUN Europe/Budapest Hungary
ID IDN - Indonesia
IE IRL Europe/Dublin Ireland
IL ISR Asia/Jerusalem Israel
IM IMN Europe/Isle_of_Man Isle of Man
IN IND Asia/Kolkata India
IO IOT Indian/Chagos British Indian Ocean Territory
IQ IRQ Asia/Baghdad Iraq
IR IRN Asia/Tehran Iran
IS ISL Atlantic/Reykjavik Iceland
IT ITA Europe/Rome Italy
JE JEY Europe/Jersey Jersey
JM JAM America/Jamaica Jamaica
JO JOR Asia/Amman Jordan
JP JPN Asia/Tokyo Japan
KE KEN Africa/Nairobi Kenya
KG KGZ Asia/Bishkek Kyrgyzstan
KH KHM Asia/Phnom_Penh Cambodia
KI KIR - Kiribati
KM COM Indian/Comoro Comoros
KN KNA America/St_Kitts Saint Kitts and Nevis
KP PRK Asia/Pyongyang North Korea
KR KOR Asia/Seoul South Korea
KW KWT Asia/Kuwait Kuwait
KY CYM America/Cayman Cayman Islands
KZ KAZ Asia/Almaty Kazakhstan
LA LAO Asia/Vientiane Laos
LB LBN Asia/Beirut Lebanon
LC LCA America/St_Lucia Saint Lucia
LI LIE Europe/Vaduz Liechtenstein
LK LKA Asia/Colombo Sri Lanka
LR LBR Africa/Monrovia Liberia
LS LSO Africa/Maseru Lesotho
LT LTU Europe/Vilnius Lithuania
LU LUX Europe/Luxembourg Luxembourg
LV LVA Europe/Riga Latvia
LY LBY Africa/Tripoli Libya
MA MAR Africa/Casablanca Morocco
MC MCO Europe/Monaco Monaco
MD MDA Europe/Chisinau Moldova
ME MNE Europe/Podgorica Montenegro
MF MAF America/Marigot Saint Martin
MG MDG Indian/Antananarivo Madagascar
MH MHL - Marshall Islands
MK MKD Europe/Skopje North Macedonia
ML MLI Africa/Bamako Mali
MM MMR Asia/Yangon Myanmar
MN MNG - Mongolia
MO MAC Asia/Macau Macao
MP MNP Pacific/Saipan Northern Mariana Islands
MQ MTQ America/Martinique Martinique
MR MRT Africa/Nouakchott Mauritania
MS MSR America/Montserrat Montserrat
MT MLT Europe/Malta Malta
MU MUS Indian/Mauritius Mauritius
MV MDV Indian/Maldives Maldives
MW MWI Africa/Blantyre Malawi
MX MEX - Mexico
MY MYS Asia/Kuala_Lumpur Malaysia
MZ MOZ Africa/Maputo Mozambique
NA NAM Africa/Windhoek Namibia
NC NCL Pacific/Noumea New Caledonia
NE NER Africa/Niamey Niger
NF NFK Pacific/Norfolk Norfolk Island
NG NGA Africa/Lagos Nigeria
NI NIC America/Managua Nicaragua
NL NLD Europe/Amsterdam The Netherlands
NO NOR Europe/Oslo Norway
NP NPL Asia/Kathmandu Nepal
NR NRU Pacific/Nauru Nauru
NU NIU Pacific/Niue Niue
NZ NZL Pacific/Auckland New Zealand
OM OMN Asia/Muscat Oman
PA PAN America/Panama Panama
PE PER America/Lima Peru
PF PYF - French Polynesia
PG PNG - Papua New Guinea
PH PHL Asia/Manila Philippines
PK PAK Asia/Karachi Pakistan
PL POL Europe/Warsaw Poland
PM SPM America/Miquelon Saint Pierre and Miquelon
PN PCN Pacific/Pitcairn Pitcairn
PR PRI America/Puerto_Rico Puerto Rico
PS PSE Asia/Hebron Palestinian Territory
PT PRT Europe/Lisbon Portugal
PW PLW Pacific/Palau Palau
PY PRY America/Asuncion Paraguay
QA QAT Asia/Qatar Qatar
RE REU Indian/Reunion Reunion
RO ROU Europe/Bucharest Romania
RS SRB Europe/Belgrade Serbia
RU RUS - Russia
RW RWA Africa/Kigali Rwanda
SA SAU Asia/Riyadh Saudi Arabia
SB SLB Pacific/Guadalcanal Solomon Islands
SC SYC Indian/Mahe Seychelles
SD SDN Africa/Khartoum Sudan
SE SWE Europe/Stockholm Sweden
SG SGP Asia/Singapore Singapore
SH SHN Atlantic/St_Helena Saint Helena
SI SVN Europe/Ljubljana Slovenia
SJ SJM Arctic/Longyearbyen Svalbard and Jan Mayen
SK SVK Europe/Bratislava Slovakia
SL SLE Africa/Freetown Sierra Leone
SM SMR Europe/San_Marino San Marino
SN SEN Africa/Dakar Senegal
SO SOM Africa/Mogadishu Somalia
SR SUR America/Paramaribo Suriname
SS SSD Africa/Juba South Sudan
ST STP Africa/Sao_Tome Sao Tome and Principe
SV SLV America/El_Salvador El Salvador
SX SXM America/Lower_Princes Sint Maarten
SY SYR Asia/Damascus Syria
SZ SWZ Africa/Mbabane Eswatini
TC TCA America/Grand_Turk Turks and Caicos Islands
TD TCD Africa/Ndjamena Chad
TF ATF Indian/Kerguelen French Southern Territories
TG TGO Africa/Lome Togo
TH THA Asia/Bangkok Thailand
TJ TJK Asia/Dushanbe Tajikistan
TK TKL Pacific/Fakaofo Tokelau
TL TLS Asia/Dili Timor Leste
TM TKM Asia/Ashgabat Turkmenistan
TN TUN Africa/Tunis Tunisia
TO TON Pacific/Tongatapu Tonga
TR TUR Europe/Istanbul Turkey
TT TTO America/Port_of_Spain Trinidad and Tobago
TV TUV Pacific/Funafuti Tuvalu
TW TWN Asia/Taipei Taiwan
TZ TZA Africa/Dar_es_Salaam Tanzania
UA UKR Europe/Kyiv Ukraine
UG UGA Africa/Kampala Uganda
UM UMI - United States Minor Outlying Islands
US USA - United States
UY URY America/Montevideo Uruguay
UZ UZB Asia/Tashkent Uzbekistan
VA VAT Europe/Vatican Vatican
VC VCT America/St_Vincent Saint Vincent and the Grenadines
VE VEN America/Caracas Venezuela
VG VGB America/Tortola British Virgin Islands
VI VIR America/St_Thomas U.S. Virgin Islands
VN VNM Asia/Ho_Chi_Minh Vietnam
VU VUT Pacific/Efate Vanuatu
WF WLF Pacific/Wallis Wallis and Futuna
WS WSM Pacific/Apia Samoa
XK XKX - Kosovo
YE YEM Asia/Aden Yemen
YT MYT Indian/Mayotte Mayotte
ZA ZAF Africa/Johannesburg South Africa
ZM ZMB Africa/Lusaka Zambia
ZW ZWE Africa/Harare Zimbabwe
"""
