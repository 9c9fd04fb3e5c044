"""The open interface of cases, version 1: its words only grow (业务接口)."""
