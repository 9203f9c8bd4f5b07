package main

import (
	"crypto/tls"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/calendsync/devtool/internal/certificate"
	"github.com/calendsync/devtool/internal/config"
	"github.com/calendsync/devtool/internal/policy"
)

// secure returns how the public address is served in TLS, and what people have
// to know about it; nil where it is not.
func secure(s config.Server, e environment, kept *cache) (*tls.Config, []policy.Remark, error) {
	var cert *certificate.Certificate
	var err error
	switch {
	case s.Cert != "":
		cert, err = certificate.Load(s.Cert, s.Key)
	case s.HTTPS:
		cert, err = certificate.Provide(certificate.Options{
			Hosts: certificateHosts(s), Dir: filepath.Join(kept.dir, "https"), Now: time.Now(),
			Root: certificate.MkcertRoot(runtime.GOOS, func(name string) string { return lookup(e.env, name) }),
		})
	default:
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	var remarks []policy.Remark
	if cert.Signer == certificate.Self {
		remarks = append(remarks, policy.Remark{
			Text: "browsers will warn of the certificate, which no authority has signed",
			Hint: "run mkcert -install once and start again, or trust " + cert.File,
		})
	}
	return &tls.Config{Certificates: []tls.Certificate{cert.Certificate}, MinVersion: tls.VersionTLS12}, remarks, nil
}

// certificateHosts are the names under which the server may be asked beside
// those of this machine.
func certificateHosts(s config.Server) []string {
	var hosts []string
	for _, host := range slices.Concat([]string{s.Host}, lanHosts(s.Host), s.AllowedHosts) {
		if domain, all := strings.CutPrefix(host, "."); all {
			hosts = append(hosts, domain)
			host = "*" + host
		}
		if host != "" && host != "localhost" && !everyNetwork(host) {
			hosts = append(hosts, host)
		}
	}
	return hosts
}
