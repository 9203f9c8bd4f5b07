package proxy

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"strings"
	"testing"
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
