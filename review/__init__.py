"""先审 Xianshen: confidentiality review of government drafts before publication."""

__version__ = "0.1.0"
