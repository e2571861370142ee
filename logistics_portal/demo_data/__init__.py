"""A believable world to try the portal in: three merchants, their customers, and a month of orders and parcels."""
