"""The demo city, shaped like Kaifeng: real names and codes, made-up borders and life (演示城市)."""
