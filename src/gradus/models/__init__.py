"""Networks with their numbers: trained, asked, saved and loaded."""
