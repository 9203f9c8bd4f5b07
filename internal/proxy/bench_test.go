package proxy

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"slices"
	"strings"
	"testing"
	"time"
)

// BenchmarkForward compares the proxy with a bare httputil.ReverseProxy over
// the same kind of transport, and with no proxy at all.
func BenchmarkForward(b *testing.B) {
	body := strings.Repeat("x", 1000)
	target := start(b, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		io.WriteString(w, body)
	})
	p := New(Options{Tag: func() string { return testTag }})
	p.Open(target)
	bare := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite: func(pr *httputil.ProxyRequest) {
			pr.Out.URL.Scheme, pr.Out.URL.Host = "http", target.Addr
			pr.SetXForwarded()
		},
		Transport: newTransport(h1, false),
	})
	b.Cleanup(bare.Close)
	for _, side := range []struct{ name, url string }{
		{"direct", "http://" + target.Addr}, {"bare", bare.URL}, {"proxy", serve(b, p).URL},
	} {
		for _, parallel := range []int{1, 16} { // per core
			b.Run(fmt.Sprintf("%s/%d", side.name, parallel), func(b *testing.B) {
				client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 100}}
				defer client.CloseIdleConnections()
				b.SetParallelism(parallel)
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						res, err := client.Get(side.url)
						if err != nil {
							b.Error(err)
							return
						}
						io.Copy(io.Discard, res.Body)
						res.Body.Close()
					}
				})
			})
		}
	}
}

// BenchmarkTLSApp measures a GET to an app with TLS through the proxy, which
// gives it a connection of its own, beside one on a kept connection.
func BenchmarkTLSApp(b *testing.B) {
	app := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok") }))
	b.Cleanup(app.Close)
	p := New(Options{})
	p.Open(Target{Addr: app.Listener.Addr().String(), Protocol: "https"})
	for _, side := range []struct {
		name, url string
		transport *http.Transport
	}{
		{"kept", app.URL, newTransport(tlsAny, false)},
		{"proxy", serve(b, p).URL, &http.Transport{}},
	} {
		b.Run(side.name, func(b *testing.B) {
			client := &http.Client{Transport: side.transport}
			defer client.CloseIdleConnections()
			var took []time.Duration
			for b.Loop() {
				begun := time.Now()
				res, err := client.Get(side.url)
				if err != nil {
					b.Fatal(err)
				}
				io.Copy(io.Discard, res.Body)
				res.Body.Close()
				took = append(took, time.Since(begun))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds()), "µs-p50")
		})
	}
}

// BenchmarkFirstByte asks for a page of 10 MiB and reads its first byte.
func BenchmarkFirstByte(b *testing.B) {
	document := "<!doctype html><html><head><title>long</title></head><body>" + strings.Repeat("<p>text</p>\n", 10<<20/12)
	target := start(b, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", r.URL.Query().Get("as"))
		io.WriteString(w, document)
	})
	p := New(Options{Tag: func() string { return testTag }})
	p.Open(target)
	url := serve(b, p).URL
	for _, side := range []struct{ name, url string }{
		{"app", "http://" + target.Addr + "/?as=text/html"}, {"as it is", url + "/?as=text/plain"}, {"injected", url + "/?as=text/html"},
	} {
		b.Run(side.name, func(b *testing.B) {
			client := &http.Client{Transport: &http.Transport{}}
			defer client.CloseIdleConnections()
			var took []time.Duration
			for b.Loop() {
				begun := time.Now()
				res, err := client.Get(side.url)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := io.ReadFull(res.Body, make([]byte, 1)); err != nil {
					b.Fatal(err)
				}
				took = append(took, time.Since(begun))
				io.Copy(io.Discard, res.Body)
				res.Body.Close()
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds()), "µs-p50")
		})
	}
}
