// Package pki keeps the certificates of one control plane in a folder: an authority, one identity for each program that has to
// prove who it is, and the key that signs service account tokens.
//
//	authority.pem            certificate and key; stays on this host
//	authority.crt            the certificate alone, for everybody
//	kube-apiserver.pem       server, for every name it is reached by
//	kube-controller-manager.pem, admin.pem   clients
//	service-account.key
//
// A certificate and its key are one file, replaced in one step, so that they always match. Ensure issues what is missing, near
// its expiry or no longer right, and leaves the rest alone.
package pki
