{{/* The pod of a part: (dict "root" . "part" PART). */}}

{{- define "legato.podTemplate" -}}
{{- $root := .root -}}
{{- $part := .part -}}
{{- $pod := $part.pod -}}
metadata:
  annotations:
    checksum/settings: {{ include "legato.configuration" $root | sha256sum }}
    {{- if $root.Values.monitoring.annotations }}
    prometheus.io/scrape: "true"
    prometheus.io/path: /metrics
    prometheus.io/port: {{ $part.port | quote }}
    {{- end }}
    {{- with $pod.annotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  labels:
    {{- include "legato.selector" . | nindent 4 }}
    app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
    {{- with $pod.labels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  {{- include "legato.podHead" . | nindent 2 }}
  terminationGracePeriodSeconds: {{ $pod.terminationGracePeriodSeconds }}
  {{- with $pod.topologySpread }}
  topologySpreadConstraints:
    {{- range . }}
    - {{ toYaml . | nindent 6 | trim }}
      labelSelector:
        matchLabels:
          {{- include "legato.selector" $ | nindent 10 }}
    {{- end }}
  {{- end }}
  containers:
    - {{ include "legato.container" . | nindent 6 | trim }}
      ports:
        - name: metrics
          containerPort: {{ $part.port }}
        {{- range $number := untilStep 1 (int ($part.processes | default 1)) 1 }}
        - name: metrics-{{ $number }}
          containerPort: {{ add $part.port $number }}
        {{- end }}
        {{- with $part.http }}
        - name: http
          containerPort: {{ . }}
        {{- end }}
      {{- include "legato.probes" $part | nindent 6 }}
      {{- if $part.http }}
      lifecycle:
        preStop:
          # Until no endpoint leads here any more: who is sent here meanwhile is still answered.
          exec:
            command: [sleep, "5"]
      {{- end }}
  volumes:
    {{- include "legato.volumes" . | nindent 4 }}
{{- end -}}

{{/* A pod that runs once. */}}
{{- define "legato.oncePod" -}}
restartPolicy: Never
{{ include "legato.podHead" . }}
containers:
  - {{ include "legato.container" . | nindent 4 | trim }}
volumes:
  {{- include "legato.volumes" . | nindent 2 }}
{{- end -}}

{{/* What every pod of ours has: whose it is, and where it may run. */}}
{{- define "legato.podHead" -}}
{{- $pod := .part.pod -}}
serviceAccountName: {{ include "legato.serviceAccount" .root }}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  {{- with $pod.runAsUser }}
  runAsUser: {{ int64 . }}
  {{- end }}
  {{- with $pod.runAsGroup }}
  runAsGroup: {{ int64 . }}
  {{- end }}
  {{- with $pod.fsGroup }}
  fsGroup: {{ int64 . }}
  {{- end }}
  seccompProfile:
    type: RuntimeDefault
{{- with $pod.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with $pod.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $pod.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $pod.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* The container, without what only one that goes on has. */}}
{{- define "legato.container" -}}
{{- $pod := .part.pod -}}
name: legato
image: {{ include "legato.image" .root }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
args: {{ toJson .part.args }}
securityContext:
  readOnlyRootFilesystem: true
  allowPrivilegeEscalation: false
  runAsNonRoot: true
  capabilities:
    drop: [ALL]
  seccompProfile:
    type: RuntimeDefault
env:
  {{- include "legato.environment" . | nindent 2 }}
resources:
  {{- toYaml $pod.resources | nindent 2 }}
volumeMounts:
  {{- include "legato.mounts" . | nindent 2 }}
{{- end -}}

{{/* A worker of several processes is asked on all of its ports, each other process on its one. */}}
{{- define "legato.probes" -}}
{{- $seconds := int .pod.startupSeconds -}}
startupProbe:
  {{- include "legato.probe" (dict "part" . "path" "/livez") | nindent 2 }}
  periodSeconds: 2
  timeoutSeconds: 5
  failureThreshold: {{ max 1 (div $seconds 2) }}
livenessProbe:
  {{- include "legato.probe" (dict "part" . "path" "/livez") | nindent 2 }}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: {{ ternary 6 3 (gt (int (.processes | default 1)) 1) }}
readinessProbe:
  {{- include "legato.probe" (dict "part" . "path" "/readyz") | nindent 2 }}
  periodSeconds: 5
  timeoutSeconds: 5
  failureThreshold: 2
{{- end -}}

{{- define "legato.probe" -}}
{{- $processes := int (.part.processes | default 1) -}}
{{- if gt $processes 1 -}}
exec:
  command:
    - python
    - -c
    - "from urllib.request import urlopen; [urlopen(f'http://127.0.0.1:{port}{{ .path }}', timeout=4) for port in range({{ .part.port }}, {{ add .part.port $processes }})]"
{{- else -}}
httpGet:
  path: {{ .path }}
  port: metrics
{{- end -}}
{{- end -}}

{{/* The environment. Secrets come by reference alone. A worker is called as its pod is: that name
     stays, and so do its transactional ids, GROUP-NAME-INDEX, by which it fences and makes good
     what it left open; the index is that of the process in the pod. */}}
{{- define "legato.environment" -}}
{{- $root := .root -}}
{{- $secrets := $root.Values.secrets -}}
{{- $needs := .part.needs -}}
- name: LEGATO_SETTINGS
  value: /etc/legato/legato.toml
{{- range .part.listens }}
- name: {{ . }}
  value: 0.0.0.0
{{- end }}
{{- if eq .part.component "worker" }}
- name: LEGATO_WORKER_NAME
  valueFrom:
    fieldRef:
      fieldPath: metadata.name
{{- end }}
{{- if has "pepper" $needs }}
{{- include "legato.fromSecret" (dict "name" "LEGATO_IDENTITY_PEPPER" "of" $secrets.pepper) }}
{{- include "legato.fromSecret" (dict "name" "LEGATO_IDENTITY_PREVIOUS_PEPPERS" "of" $secrets.previousPeppers) }}
{{- end }}
{{- if $secrets.kafkaProperties.existingSecret }}
{{- include "legato.fromSecret" (dict "name" "LEGATO_KAFKA_PROPERTIES" "of" $secrets.kafkaProperties) }}
{{- else if $secrets.kafkaPassword.existingSecret }}
{{- include "legato.fromSecret" (dict "name" "KAFKA_PASSWORD" "of" $secrets.kafkaPassword) }}
{{- $told := dig "kafka" "properties" dict (include "legato.settings" $root | fromJson) }}
{{- $written := toRawJson $told | replace "$(" "$$(" | trimSuffix "}" }}
- name: LEGATO_KAFKA_PROPERTIES
  value: {{ printf "%s%s\"sasl.password\":\"$(KAFKA_PASSWORD)\"}" $written (ternary "," "" (gt (len $told) 0)) | quote }}
{{- end }}
{{- if has "registry" $needs }}
{{- include "legato.fromSecret" (dict "name" "LEGATO_REGISTRY_PASSWORD" "of" $secrets.registryPassword) }}
{{- end }}
{{- if has "redis" $needs }}
{{- include "legato.fromSecret" (dict "name" "LEGATO_REDIS_URL" "of" $secrets.redisUrl) }}
{{- end }}
{{- if has "apiKeys" $needs }}
- name: LEGATO_API_KEYS_FILE
  value: /run/secrets/legato/api-keys/{{ $secrets.apiKeys.key }}
{{- end }}
{{- with .part.pod.env }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* A variable from a secret; nothing where that has no name. */}}
{{- define "legato.fromSecret" -}}
{{- if .of.existingSecret }}
- name: {{ .name }}
  valueFrom:
    secretKeyRef:
      name: {{ .of.existingSecret }}
      key: {{ .of.key }}
{{- end }}
{{- end -}}

{{/* The folders of secrets that a part gets to see, as JSON: folder -> Secret. */}}
{{- define "legato.secretFolders" -}}
{{- $secrets := .root.Values.secrets -}}
{{- $folders := dict "kafka-tls" $secrets.kafkaTls.existingSecret -}}
{{- if has "apiKeys" .part.needs -}}
{{- $_ := set $folders "api-keys" $secrets.apiKeys.existingSecret -}}
{{- end -}}
{{- range $name := list "webhooks" "unsubscribe" "oidc" "content" -}}
{{- if has $name $.part.needs -}}
{{- $_ := set $folders $name (get $secrets $name).existingSecret -}}
{{- end -}}
{{- end -}}
{{- $_ := set $folders "adapter" (.part.files | default "") -}}
{{- $named := dict -}}
{{- range $folder, $secret := $folders -}}
{{- if $secret -}}
{{- $_ := set $named $folder $secret -}}
{{- end -}}
{{- end -}}
{{- toJson $named -}}
{{- end -}}

{{- define "legato.mounts" -}}
- name: settings
  mountPath: /etc/legato
  readOnly: true
- name: tmp
  mountPath: /tmp
{{- range $folder, $_ := include "legato.secretFolders" . | fromJson }}
- name: {{ $folder }}
  mountPath: /run/secrets/legato/{{ $folder }}
  readOnly: true
{{- end }}
{{- with .part.pod.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "legato.volumes" -}}
- name: settings
  configMap:
    name: {{ include "legato.fullname" .root }}
- name: tmp
  emptyDir:
    sizeLimit: {{ .part.pod.tmpSize }}
{{- range $folder, $secret := include "legato.secretFolders" . | fromJson }}
- name: {{ $folder }}
  secret:
    secretName: {{ $secret }}
    defaultMode: 0440
{{- end }}
{{- with .part.pod.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* What is mounted at /etc/legato, where the image looks for both. */}}
{{- define "legato.configuration" -}}
{{- $files := dict "legato.toml" (include "legato.toml" .) -}}
{{- with .Values.playbook -}}
{{- $_ := set $files "playbook.yaml" . -}}
{{- end -}}
{{- toYaml $files -}}
{{- end -}}
