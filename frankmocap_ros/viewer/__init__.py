"""The browser view: what is drawn and what can be set. Nothing here talks to ROS."""
