"""The form that objects have inside the real server, which some messages show: Go structs with their own names and order.

Models the internal types of pkg/apis. Needed only for what an error quotes.
"""
