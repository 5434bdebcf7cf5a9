{{/* What things are called, and the labels by which they find each other. */}}

{{- define "legato.name" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{/* Short enough that a pod's name, with what is added to it, is a label's value. */}}
{{- define "legato.fullname" -}}
{{- $name := include "legato.name" . -}}
{{- $release := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) -}}
{{- .Values.fullnameOverride | default $release | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{- define "legato.instance" -}}
app.kubernetes.io/name: {{ include "legato.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "legato.labels" -}}
{{ include "legato.instance" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{/* The labels of one part's pods alone: (dict "root" . "part" PART). */}}
{{- define "legato.selector" -}}
{{ include "legato.instance" .root }}
app.kubernetes.io/component: {{ .part.component }}
{{- with .part.adapter }}
legato-adapter: {{ . }}
{{- end }}
{{- end -}}

{{/* What stands at the head of what belongs to one part. */}}
{{- define "legato.partLabels" -}}
{{ include "legato.labels" .root }}
app.kubernetes.io/component: {{ .part.component }}
{{- with .part.adapter }}
legato-adapter: {{ . }}
{{- end }}
{{- end -}}

{{- define "legato.partName" -}}
{{ include "legato.fullname" .root }}-{{ .part.name }}
{{- end -}}

{{- define "legato.serviceAccount" -}}
{{- .Values.serviceAccount.name | default (ternary (include "legato.fullname" .) "default" .Values.serviceAccount.create) -}}
{{- end -}}

{{- define "legato.image" -}}
{{- $of := .Values.image -}}
{{- if $of.digest -}}
{{ $of.repository }}@{{ $of.digest }}
{{- else -}}
{{ $of.repository }}:{{ $of.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end -}}
