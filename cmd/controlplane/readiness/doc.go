// Package readiness asks once, or until the answer is yes, whether an API server or an etcd is ready.
package readiness
