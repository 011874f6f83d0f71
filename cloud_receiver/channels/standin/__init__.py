"""A local stand-in for DingTalk, WeCom and Feishu that is as strict as they are."""
