"""The past comes in: files of orders, and folders of carriers' payloads."""
