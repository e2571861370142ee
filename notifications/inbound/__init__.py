"""What comes in: texts that are answered, providers' verdicts on mails, and the end of mails by a link."""
