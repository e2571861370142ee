"""A dispute's evidence in the forms that others read. Pure: a case file in, texts and bytes out."""
