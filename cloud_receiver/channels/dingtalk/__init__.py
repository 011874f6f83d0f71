"""DingTalk: the app that reaches persons, the robots of groups, and what people write to them."""
