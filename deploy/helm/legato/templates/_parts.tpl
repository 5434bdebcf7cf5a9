{{/*
What runs, by the suffix of its name, as JSON: one entry a kind of process, and one an adapter.

  component   its label; with `legato-` before it, the job of its metrics
  adapter     its name, of an adapter
  args        the verb
  port        where /metrics, /livez and /readyz are; `processes` count up from there
  listens     the variables that open its ports to the pod's network
  needs       which of `secrets` it is told
  pod         `pods` of the values, with what the part says in place of it
  scale       what KEDA looks at: group, topics, lag, from, to
*/}}
{{- define "legato.parts" -}}
{{- $settings := include "legato.settings" . | fromJson -}}
{{- $parts := dict -}}
{{- $_ := set $parts "worker" (include "legato.worker" (dict "root" . "settings" $settings) | fromJson) -}}
{{- if .Values.view.enabled -}}
{{- $_ := set $parts "view" (dict
  "component" "view" "args" (list "view" "redis")
  "port" (dig "view" "port" 9480 $settings) "listens" (list "LEGATO_VIEW_HOST")
  "needs" (list "pepper" "kafka" "registry" "redis") "replicas" .Values.view.replicas "surge" 1
  "pod" (include "legato.podValues" (dict "root" . "over" .Values.view) | fromJson)) -}}
{{- end -}}
{{- if .Values.api.enabled -}}
{{- $_ := set $parts "api" (dict
  "component" "api" "args" (ternary (list "api" "--pages") (list "api") .Values.api.pages)
  "port" (dig "api" "metrics_port" 9482 $settings) "http" (dig "api" "port" 8088 $settings)
  "listens" (list "LEGATO_API_HOST" "LEGATO_API_METRICS_HOST")
  "needs" (list "pepper" "kafka" "registry" "redis" "apiKeys" "webhooks" "unsubscribe" "oidc") "replicas" .Values.api.replicas "surge" 1
  "pod" (include "legato.podValues" (dict "root" . "over" .Values.api) | fromJson)) -}}
{{- end -}}
{{- if .Values.learn.enabled -}}
{{- if not (get $settings "references") -}}
{{- fail "`learn` publishes on the topic `references`: set `settings.references` to true, or `learn.enabled` to false" -}}
{{- end -}}
{{- $_ := set $parts "learn" (dict
  "component" "learn" "args" (list "learn")
  "port" (dig "learn" "port" 9481 $settings) "listens" (list "LEGATO_LEARN_HOST")
  "needs" (list "kafka" "registry") "replicas" 1 "surge" 0
  "pod" (include "legato.podValues" (dict "root" . "over" .Values.learn) | fromJson)) -}}
{{- end -}}
{{- range $name, $adapter := .Values.adapters -}}
{{- if eq "true" (include "legato.runs" (dict "root" $ "adapter" $adapter)) -}}
{{- $called := printf "adapter-%s" (replace "_" "-" $name) -}}
{{- if hasKey $parts $called -}}
{{- fail (printf "two adapters would be called `%s`: rename `%s`" $called $name) -}}
{{- end -}}
{{- $_ := set $parts $called (include "legato.adapter" (dict "root" $ "settings" $settings "name" $name "adapter" $adapter) | fromJson) -}}
{{- end -}}
{{- end -}}
{{- range $name, $part := $parts -}}
{{- $_ := set $part "name" $name -}}
{{- if not $part.port -}}
{{- fail (printf "the port of `%s` is 0 in `settings`, but its probes ask there: give it one" $name) -}}
{{- end -}}
{{- end -}}
{{- toJson $parts -}}
{{- end -}}

{{- define "legato.worker" -}}
{{- $workers := .root.Values.workers -}}
{{- $partitions := int ($workers.partitions | default (dig "kafka" "partitions" 4 .settings)) -}}
{{- $processes := int $workers.processes -}}
{{- if gt (mul (int $workers.replicas) $processes) $partitions -}}
{{- fail (printf "%d `workers.replicas` of %d `workers.processes` are more than %d partitions, so that some have nothing to do and are never ready: take fewer" (int $workers.replicas) $processes $partitions) -}}
{{- end -}}
{{- $prefix := dig "kafka" "prefix" "legato." .settings -}}
{{- $topics := list (printf "%scustomer.events" $prefix) -}}
{{- range $source := (get .settings "sources" | default (list (dict "topics" (list (printf "%schannel.events" $prefix))))) -}}
{{- range $topic := $source.topics -}}
{{- if not (hasPrefix "^" $topic) -}}
{{- $topics = append $topics $topic -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $args := list "worker" -}}
{{- if gt $processes 1 -}}
{{- $args = list "worker" "--processes" (toString $processes) -}}
{{- end -}}
{{- dict
  "component" "worker" "args" $args "processes" $processes
  "port" (dig "metrics" "port" 9464 .settings) "listens" (list "LEGATO_METRICS_HOST")
  "needs" (list "pepper" "kafka" "registry") "replicas" $workers.replicas
  "pod" (include "legato.podValues" (dict "root" .root "over" $workers) | fromJson)
  "scale" (dict
    "enabled" $workers.keda.enabled "lag" $workers.keda.lagThreshold "topics" (uniq $topics)
    "group" (dig "worker" "group" "legato" .settings)
    "from" (max 1 (int $workers.replicas)) "to" (max 1 (div $partitions $processes)))
  | toJson -}}
{{- end -}}

{{- define "legato.adapter" -}}
{{- $root := .root -}}
{{- $values := deepCopy $root.Values.adapterDefaults -}}
{{- include "legato.layOver" (dict "under" $values "over" .adapter) -}}
{{- $told := dig "adapters" .name dict .settings -}}
{{- $topics := list -}}
{{- range $channel := (get $told "channels" | default (list .name)) -}}
{{- $topics = append $topics (printf "%sactions.%s" (dig "kafka" "prefix" "legato." $.settings) $channel) -}}
{{- end -}}
{{- dict
  "component" "adapter" "adapter" .name "args" (list "adapter" "run" .name)
  "port" (get $told "port" | default 9483) "listens" list
  "needs" (list "kafka" "registry" "redis" "unsubscribe" "content") "files" $values.existingSecret
  "replicas" $values.replicas "surge" 0
  "pod" (include "legato.podValues" (dict "root" $root "over" $values) | fromJson)
  "scale" (dict
    "enabled" $values.keda.enabled "lag" $values.keda.lagThreshold "topics" $topics
    "group" (printf "%s-adapter-%s" (dig "worker" "group" "legato" .settings) .name)
    "from" (max 1 (int $values.replicas)) "to" (dig "kafka" "partitions" 4 .settings))
  | toJson -}}
{{- end -}}

{{/* What looks at the topics once, with the rights of a worker: (dict "root" . "args" LIST
     "component" NAME). */}}
{{- define "legato.topics" -}}
{{- dict
  "name" .component "component" .component "args" .args "listens" list
  "needs" (list "kafka" "registry")
  "pod" (include "legato.podValues" (dict "root" .root "over" dict) | fromJson)
  | toJson -}}
{{- end -}}

{{/* `pods`, with what a part says in place of it. */}}
{{- define "legato.podValues" -}}
{{- $pod := deepCopy .root.Values.pods -}}
{{- range $name, $value := .over -}}
{{- if hasKey $pod $name -}}
{{- $_ := set $pod $name $value -}}
{{- end -}}
{{- end -}}
{{- toJson $pod -}}
{{- end -}}
