{{/* legato.toml: the values as one table, without secrets, and with whole numbers as such. */}}

{{/* Lay a table over another in place, inner tables name by name: (dict "under" A "over" B).
     An empty value or a `false` counts, which `mergeOverwrite` would pass over. */}}
{{- define "legato.layOver" -}}
{{- $under := .under -}}
{{- range $name, $value := .over -}}
{{- if and (kindIs "map" $value) (kindIs "map" (get $under $name)) -}}
{{- include "legato.layOver" (dict "under" (get $under $name) "over" $value) -}}
{{- else -}}
{{- $_ := set $under $name $value -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* The settings as JSON. */}}
{{- define "legato.settings" -}}
{{- $settings := deepCopy .Values.settings -}}
{{- $told := fromToml .Values.settingsToml -}}
{{- if hasKey $told "Error" -}}
{{- fail (printf "`settingsToml` is not TOML: %s" (get $told "Error")) -}}
{{- end -}}
{{- include "legato.layOver" (dict "under" $settings "over" $told) -}}
{{- if .Values.playbook -}}
{{- $_ := set $settings "playbook" "/etc/legato/playbook.yaml" -}}
{{- end -}}
{{- $adapters := get $settings "adapters" | default dict -}}
{{- range $name, $adapter := .Values.adapters -}}
{{- if eq "true" (include "legato.runs" (dict "root" $ "adapter" $adapter)) -}}
{{- $here := dict "host" "0.0.0.0" -}}
{{- include "legato.layOver" (dict "under" $here "over" (get $adapters $name | default dict)) -}}
{{- $_ := set $adapters $name $here -}}
{{- end -}}
{{- end -}}
{{- if $adapters -}}
{{- $_ := set $settings "adapters" $adapters -}}
{{- end -}}
{{- include "legato.seeNoSecret" (dict "table" $settings "place" "settings") -}}
{{- toJson $settings -}}
{{- end -}}

{{/* Say whether an adapter runs. */}}
{{- define "legato.runs" -}}
{{- ternary .adapter.enabled .root.Values.adapterDefaults.enabled (hasKey .adapter "enabled") -}}
{{- end -}}

{{/* Refuse a secret in the settings, for a ConfigMap is no place for it. A field of a source may
     be called as it likes, but for what its webhook is signed with. */}}
{{- define "legato.seeNoSecret" -}}
{{- $place := .place -}}
{{- range $name, $value := .table -}}
{{- $here := printf "%s.%s" $place $name -}}
{{- if eq $here "settings.sources" -}}
{{- range $source := $value -}}
{{- $webhook := get $source "webhook" | default dict -}}
{{- range (get $webhook "secrets" | default list) -}}
{{- if not (hasPrefix "file:" .) -}}
{{- fail (printf "`settings` has a secret in `webhook` of the source `%s`: write `file:/run/secrets/legato/webhooks/NAME` there, and put it into the Secret of `secrets.webhooks`" $source.name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- else if eq "true" (include "legato.isSecret" (dict "name" $name "value" $value)) -}}
{{- fail (printf "`%s` is a secret: put it into a Secret, and name that under `secrets`, or write `file:PATH` where the setting takes it" $here) -}}
{{- else if and (kindIs "string" $value) (regexMatch "://[^/@]*:[^/@]+@" $value) -}}
{{- fail (printf "`%s` has a password in its URL: put the URL into a Secret, and name that under `secrets`" $here) -}}
{{- else if kindIs "map" $value -}}
{{- include "legato.seeNoSecret" (dict "table" $value "place" $here) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Say whether a setting bears a secret: by its name, unless each of what it says only tells
     where one is (`file:PATH`), or leaves room for one (`{secret}`). */}}
{{- define "legato.isSecret" -}}
{{- $called := and (regexMatch "(?i)(pepper|password|secret|token|authorization|api_?key)" .name) (not (regexMatch "(?i)(url|uri|location|file|path)$" .name)) -}}
{{- if and $called (kindIs "map" .value) -}}
{{- .value | empty | ternary "" "true" -}}
{{- else if $called -}}
{{- range (kindIs "slice" .value | ternary .value (list .value)) -}}
{{- if and (kindIs "string" .) . (not (hasPrefix "file:" .)) (not (contains "{secret}" .)) -}}
true
{{- break -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Write whole numbers as such, since values know floats alone: (dict "in" VALUE "out" DICT)
     sets `value` of the dict. What is null is left out. */}}
{{- define "legato.wholeNumbers" -}}
{{- $made := .in -}}
{{- if kindIs "map" .in -}}
{{- $made = dict -}}
{{- range $name, $value := .in -}}
{{- if not (kindIs "invalid" $value) -}}
{{- $one := dict -}}
{{- include "legato.wholeNumbers" (dict "in" $value "out" $one) -}}
{{- $_ := set $made $name $one.value -}}
{{- end -}}
{{- end -}}
{{- else if kindIs "slice" .in -}}
{{- $made = list -}}
{{- range $value := .in -}}
{{- $one := dict -}}
{{- include "legato.wholeNumbers" (dict "in" $value "out" $one) -}}
{{- $made = append $made $one.value -}}
{{- end -}}
{{- else if kindIs "float64" .in -}}
{{- if eq .in (floor .in) -}}
{{- $made = int64 .in -}}
{{- end -}}
{{- end -}}
{{- $_ := set .out "value" $made -}}
{{- end -}}

{{- define "legato.toml" -}}
{{- $out := dict -}}
{{- include "legato.wholeNumbers" (dict "in" (include "legato.settings" . | fromJson) "out" $out) -}}
{{- toToml $out.value -}}
{{- end -}}
