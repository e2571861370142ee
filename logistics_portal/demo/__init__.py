"""The portal on one machine, for trying it: database, web server and workers under one parent."""
