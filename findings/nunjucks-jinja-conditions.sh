#!/usr/bin/env bash
# Nunjucks evaluates the condition of a Jinja loop once before the loop, and reports no error: it shows all or nothing.
#
# Nunjucks is a port of Jinja, in whose templates the mails of Sydent and Synapse are written. By Jinja's "Template
# Designer Documentation", the condition of a loop selects elements, an empty list is false, a set inside a loop is local
# to it, and a set block is escaped once. Nunjucks was expected to do the same or to refuse the template.
# Seen on 2026-11-30 with nunjucks 3.2.4 and Jinja 3.1.2 (Debian 12), without an error in either:
# - {% for x in list if x.open %}: a conditional expression on the whole list, before x exists. With "not x.open" all
#   elements are shown, without "not" none is. selectattr ignores all but its first argument.
# - {% if list %} is true for an empty list, and default(..., true) keeps it.
# - a set inside a loop changes the variable outside; the content of a set block is escaped twice.
# For an identity server: an invitation mail that is ported shows people or rooms that it should not show. Filter lists
# in code, ask for list.length, and render every mail with empty lists.
source "$(dirname "$0")/support/setup.sh"

debian_packages python3-jinja2=3.1.2-1+deb12u3
npm_packages nunjucks@3.2.4
cat >"$work/templates.json" <<'JSON'
[
  "{% for x in rooms if x.open %}{{ x.name }} {% endfor %}",
  "{% for x in rooms if not x.open %}{{ x.name }} {% endfor %}",
  "{% for x in rooms | selectattr('name', 'equalto', 'Garden') %}{{ x.name }} {% endfor %}",
  "{% if others %}You have more invitations:{% endif %}",
  "{{ others | default('none', true) }}",
  "{% set last = '-' %}{% for x in rooms %}{% set last = x.name %}{% endfor %}{{ last }}",
  "{% set link %}<b>{{ sender }}</b>{% endset %}{{ link }}"
]
JSON
echo '{ "others": [], "sender": "A & B", "rooms": [{ "name": "Garden", "open": true }, { "name": "Board", "open": false }] }' >"$work/data.json"
cat >"$work/render.py" <<'PYTHON'
import json
import jinja2

environment = jinja2.Environment(autoescape=True)
data = json.load(open('data.json'))
for template in json.load(open('templates.json')):
    print(environment.from_string(template).render(data))
PYTHON
cat >"$work/render.js" <<'JS'
import { readFileSync } from 'node:fs';
import nunjucks from 'nunjucks';

const environment = new nunjucks.Environment(null, { autoescape: true, throwOnUndefined: true });
const [templates, data] = ['templates.json', 'data.json'].map((name) => JSON.parse(readFileSync(name, 'utf8')));
for (const template of templates) console.log(environment.renderString(template, data));
JS
cd "$work"
/usr/bin/python3 render.py >jinja.txt
node render.js >nunjucks.txt
sed 's/^ *"//; s/",\{0,1\}$//; /^[][]$/d' templates.json |
  paste -d '\n' - jinja.txt nunjucks.txt |
  sed 's/ *$//; 2~3s/^/  Jinja:    /; 3~3s/^/  Nunjucks: /' >"$seen"

compare <<'RECORD'
{% for x in rooms if x.open %}{{ x.name }} {% endfor %}
  Jinja:    Garden
  Nunjucks: 
{% for x in rooms if not x.open %}{{ x.name }} {% endfor %}
  Jinja:    Board
  Nunjucks: Garden Board
{% for x in rooms | selectattr('name', 'equalto', 'Garden') %}{{ x.name }} {% endfor %}
  Jinja:    Garden
  Nunjucks: Garden Board
{% if others %}You have more invitations:{% endif %}
  Jinja:    
  Nunjucks: You have more invitations:
{{ others | default('none', true) }}
  Jinja:    none
  Nunjucks: 
{% set last = '-' %}{% for x in rooms %}{% set last = x.name %}{% endfor %}{{ last }}
  Jinja:    -
  Nunjucks: Board
{% set link %}<b>{{ sender }}</b>{% endset %}{{ link }}
  Jinja:    <b>A &amp; B</b>
  Nunjucks: &lt;b&gt;A &amp;amp; B&lt;/b&gt;
RECORD
