# The operator's image: one static binary, no shell, no root.
#   docker build --tag botcluster-operator:latest .
# Both images may be replaced by copies in a registry of yours with --build-arg. The base has to hold the certificates of
# public authorities (/etc/ssl/certs) and needs nothing else.
ARG BUILDER_IMAGE=golang:1.26
ARG BASE_IMAGE=gcr.io/distroless/static:nonroot

FROM --platform=$BUILDPLATFORM ${BUILDER_IMAGE} AS builder
ARG TARGETOS
ARG TARGETARCH
# A module proxy other than Go's own.
ARG GOPROXY
WORKDIR /operator
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 GOOS=${TARGETOS} GOARCH=${TARGETARCH} \
	go build -trimpath -ldflags "-s -w" -o /manager ./cmd/manager

FROM ${BASE_IMAGE}
COPY --from=builder /manager /manager
# Kubernetes watches the operator through /healthz and /readyz.
HEALTHCHECK NONE
USER 65532:65532
ENTRYPOINT ["/manager"]
