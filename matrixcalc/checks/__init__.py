"""Claims checked: is this formula right, and if not, what went wrong?"""
