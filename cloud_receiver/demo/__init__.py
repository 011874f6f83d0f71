"""`daka-hq demo`: two stores and headquarters as real processes, on a clock that runs fast.

`world` says who works where and what they do today (pure), `broker` brings MQTT, `stage`
starts the processes, `show` plays the day and tells what happens.
"""
