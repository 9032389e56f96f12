"""Streamlit pages. No SQL, no rules; every act is one workflow call."""
