"""The ticker's own commands, and what every command says alike; `ticker.main` gives them their names."""
