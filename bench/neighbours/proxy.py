"""One nginx before all programs, each on a port of its own (反向代理)."""

from pathlib import Path

CONF = """
daemon off;
user root;
worker_processes 2;
pid {home}/nginx.pid;
error_log {home}/nginx.error.log error;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_max_body_size 64m;
    client_body_temp_path {home}/nginx-body;
    proxy_temp_path {home}/nginx-proxy;
    fastcgi_temp_path {home}/nginx-fastcgi;
    uwsgi_temp_path {home}/nginx-uwsgi;
    scgi_temp_path {home}/nginx-scgi;
    keepalive_requests 1000000;
    upstream shiyu {{ server 127.0.0.1:{shiyu}; keepalive 32; }}
    upstream helpdesk {{ server 127.0.0.1:{helpdesk}; }}
    upstream tracker {{ server 127.0.0.1:{tracker}; }}
    server {{
        listen 127.0.0.1:{front_shiyu};
        location / {{
            proxy_pass http://shiyu;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host $http_host;
        }}
    }}
    server {{
        listen 127.0.0.1:{front_helpdesk};
        location / {{ proxy_pass http://helpdesk; proxy_set_header Host $http_host; }}
    }}
    server {{
        listen 127.0.0.1:{front_tracker};
        location / {{
            proxy_pass http://tracker;
            proxy_set_header Host $http_host;
            # What a browser would send by itself, and Request Tracker asks for.
            proxy_set_header Referer http://127.0.0.1:{front_tracker}/;
        }}
    }}
}}
"""


def write(home: Path, ports: dict[str, int], fronts: dict[str, int]) -> Path:
    """Its configuration; X-Forwarded-For is passed on as each visitor has it."""
    where = home / "nginx.conf"
    named = {f"front_{name}": port for name, port in fronts.items()}
    where.write_text(CONF.format(home=home, **ports, **named))
    return where
