"""What turns images into bodies; ``base.py`` has the contract, ``registry.py`` the names."""
