{{/* Objects' names are fixed; "name" below is a program: operator, postgres, exchange, relay, dashboard, set-up, migrate. */}}

{{/* Labels of an object: dict "root" $ "name" <program>. */}}
{{- define "kbots.labels" -}}
{{ include "kbots.podLabels" . }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
helm.sh/chart: {{ .root.Chart.Name }}-{{ .root.Chart.Version }}
{{- end }}

{{/* Labels of a pod; none changes with the chart's version, so that an upgrade restarts only what changed. */}}
{{- define "kbots.podLabels" -}}
{{ include "kbots.selector" . }}
app.kubernetes.io/component: {{ .name }}
app.kubernetes.io/part-of: kbots
{{- end }}

{{/* Labels that select the pods of a program. */}}
{{- define "kbots.selector" -}}
app.kubernetes.io/name: {{ .name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- end }}

{{/* Namespaces that hold bots, as a JSON list. */}}
{{- define "kbots.botNamespaces" -}}
{{- $namespaces := list .Values.namespaces.bots }}
{{- range .Values.tenants }}
{{- $namespaces = append $namespaces .namespace }}
{{- end }}
{{- $namespaces | toJson }}
{{- end }}

{{/* Tenants' namespaces and their owners, as the programs take them. */}}
{{- define "kbots.tenants" -}}
{{- $tenants := list }}
{{- range .Values.tenants }}
{{- $tenants = append $tenants (printf "%s=%s" .namespace .owner) }}
{{- end }}
{{- join "," $tenants }}
{{- end }}

{{/* Image of a program: dict "root" $ "image" <value>. */}}
{{- define "kbots.image" -}}
{{ .image.repository }}:{{ .image.tag | default .root.Chart.AppVersion }}
{{- end }}

{{- define "kbots.pullPolicy" -}}
{{ .image.pullPolicy | default .root.Values.imagePullPolicy }}
{{- end }}

{{/* What every pod is: not root, in a seccomp profile, without the addresses of other Services. Takes dict "root" $ "uid". */}}
{{- define "kbots.podSpec" -}}
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: {{ .uid }}
  runAsGroup: {{ .uid }}
  fsGroup: {{ .uid }}
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: {type: RuntimeDefault}
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* What every container is: no rights beyond its user's, nothing to write but its volumes. */}}
{{- define "kbots.containerSecurity" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
{{- end }}

{{/* Address of the database: dict "root" $ "prefix" <prefix of the variables>. */}}
{{- define "kbots.databaseEnv" -}}
- {name: {{ .prefix }}_DATABASE_HOST, value: {{ include "kbots.databaseHost" .root | quote }}}
- {name: {{ .prefix }}_DATABASE_PORT, value: {{ include "kbots.databasePort" .root | quote }}}
- {name: {{ .prefix }}_DATABASE_NAME, value: {{ .root.Values.database.name | quote }}}
{{- end }}

{{- define "kbots.databaseHost" -}}
{{ .Values.postgres.enabled | ternary (printf "kbots-postgres.%s.svc" .Release.Namespace) .Values.database.host }}
{{- end }}

{{- define "kbots.databasePort" -}}
{{ .Values.postgres.enabled | ternary 5432 (int .Values.database.port) }}
{{- end }}

{{- define "kbots.publicOrigin" -}}
{{- $origin := .Values.dashboard.ingress.enabled | ternary (printf "https://%s" .Values.dashboard.ingress.host) "http://127.0.0.1:8080" -}}
{{ .Values.dashboard.publicOrigin | default $origin }}
{{- end }}

{{/* What the schema can't say, since it takes two values to be wrong. */}}
{{- define "kbots.validate" -}}
{{- $namespaces := list .Release.Namespace .Values.namespaces.web .Values.namespaces.bots -}}
{{- if ne (len (uniq $namespaces)) 3 -}}
{{- fail (printf "namespaces.web (%s), namespaces.bots (%s) and the release's namespace (%s) must differ: what a pod may do is decided by its namespace" .Values.namespaces.web .Values.namespaces.bots .Release.Namespace) -}}
{{- end -}}
{{- range .Values.tenants -}}
{{- if has .namespace $namespaces -}}
{{- fail (printf "tenants: the namespace %s is taken; each tenant needs one of its own, since it decides whose the bots in it are" .namespace) -}}
{{- end -}}
{{- $namespaces = append $namespaces .namespace -}}
{{- range .subjects -}}
{{- if and (eq .kind "ServiceAccount") (not .namespace) -}}
{{- fail (printf "tenants: the subject ServiceAccount %s needs its namespace" .name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if and (not .Values.postgres.enabled) (not .Values.database.host) -}}
{{- fail "database.host is needed when postgres.enabled is false" -}}
{{- end -}}
{{- if and (not .Values.postgres.enabled) (not .Values.database.adminSecret) -}}
{{- fail "database.adminSecret is needed when postgres.enabled is false: a Secret with the key postgres-password" -}}
{{- end -}}
{{- if and .Values.dashboard.ingress.enabled (not .Values.dashboard.ingress.host) -}}
{{- fail "dashboard.ingress.host is needed when dashboard.ingress.enabled is true" -}}
{{- end -}}
{{- $testnet := .Values.operator.testnet -}}
{{- if and $testnet.restUrl (not (and $testnet.wsApiUrl $testnet.streamUrl)) -}}
{{- fail "operator.testnet.wsApiUrl and operator.testnet.streamUrl are needed with operator.testnet.restUrl; empty restUrl to do without the test network" -}}
{{- end -}}
{{- $live := .Values.live -}}
{{- if and $live.enabled (not (and $live.symbols $live.mostNotional)) -}}
{{- fail "live.symbols and live.mostNotional are needed when live.enabled is true: without them no bot could trade" -}}
{{- end -}}
{{- if and $live.enabled (not (and $live.restUrl $live.wsApiUrl $live.streamUrl)) -}}
{{- fail "live.restUrl, live.wsApiUrl and live.streamUrl are needed when live.enabled is true" -}}
{{- end -}}
{{- end }}
