"""The rules about scans."""
