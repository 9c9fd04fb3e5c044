#!/bin/sh
# Install the neighbours, pinned:  sh bench/neighbours/install.sh HOME
# As root on Debian 12. Services are not started: policy-rc.d refuses it while this runs.
set -eu
HOME_OF_ALL=${1:?"which directory?"}
RT=5.0.3+dfsg-3~deb12u6

mkdir -p "$HOME_OF_ALL"
chmod 711 "$HOME_OF_ALL"
python3.11 -m venv "$HOME_OF_ALL/hd"
"$HOME_OF_ALL/hd/bin/pip" install --quiet \
    django-helpdesk==2.6.1 Django==5.2.19 djangorestframework==3.18.3 django-cleanup==9.0.0 \
    django-model-utils==5.0.0 beautifulsoup4==4.15.0 email-reply-parser==0.5.12 Markdown==3.11.3 \
    nh3==0.3.8 oauthlib==4.0.1 requests==2.34.2 requests-oauthlib==2.0.0 \
    gunicorn==27.0.1 psycopg2-binary==2.9.13

policy=/usr/sbin/policy-rc.d
ours=
if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' > "$policy"
    chmod 755 "$policy"
    ours=yes
fi
debconf-set-selections <<'SAID'
request-tracker5 request-tracker5/dbconfig-install boolean false
request-tracker5 request-tracker5/handle-siteconfig-permissions boolean false
SAID
apt-get update --quiet
DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet --no-install-recommends \
    "request-tracker5=$RT" "rt5-db-postgresql=$RT" "rt5-standalone=$RT" "rt5-clients=$RT" \
    starman=0.4016-1 "nginx=1.22.1-9+deb12u11" nginx-light
[ -z "$ours" ] || rm "$policy"
