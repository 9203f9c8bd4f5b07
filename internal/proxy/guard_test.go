package proxy

import (
	"net/http"
	"testing"
)

func TestGuardHost(t *testing.T) {
	t.Parallel()
	g := newGuard([]string{"dev.example.com", ".tunnel.test", "*.wild.test"})
	tests := []struct {
		host string
		want int // 0 when let through
	}{
		{"localhost", 0},
		{"localhost:3000", 0},
		{"LOCALHOST:3000", 0},
		{"localhost.:3000", 0},
		{"app.localhost:3000", 0},
		{"127.0.0.1:3000", 0},
		{"192.168.1.20:3000", 0},
		{"[::1]:3000", 0},
		{"[fe80::1]", 0},
		{"dev.example.com", 0},
		{"a.tunnel.test", 0},
		{"tunnel.test", 0},
		{"a.b.wild.test:443", 0},

		{"evil.test", 403},
		{"evil.test:3000", 403},
		{"localhost.evil.test", 403},
		{"notlocalhost", 403},
		{"eviltunnel.test", 403},
		{"127.0.0.1.evil.test", 403},
		{"0x7f.1", 403}, // browsers read it as an address, so it never arrives like this
		{"2130706433", 403},

		{"", 400},
		{".", 400},
		{"file:", 400},
		{"localhost:", 400},
		{"localhost:http", 400},
		{"localhost:99999", 400},
		{"localhost:3000:3000", 400},
		{"user@localhost", 400},
		{"localhost/evil", 400},
		{"local host", 400},
		{"[::1", 400},
		{"[::1]x", 400},
		{"[127.0.0.1]", 400},
		{"[fe80::1%eth0]", 400},
		{"::1", 400},
		{"lócalhost", 400},
		{"localhost\x00", 400},
		{"localhost%00", 400},
	}
	for _, tt := range tests {
		got := 0
		if refused := g.check(&http.Request{Host: tt.host, Header: http.Header{}}); refused != nil {
			got = refused.status
		}
		if got != tt.want {
			t.Errorf("Host %q: status %d, want %d", tt.host, got, tt.want)
		}
	}
}

func TestGuardOrigins(t *testing.T) {
	t.Parallel()
	g := newGuard([]string{"dev.example.com"})
	tests := []struct {
		name                string
		origin              []string
		site                string
		reserved, websocket bool // let through
	}{
		{"absent", nil, "", true, true},
		{"own", []string{"http://localhost:3000"}, "same-origin", true, true},
		{"typed into the address bar", nil, "none", true, true},
		{"allowed host", []string{"https://dev.example.com"}, "", true, true},
		{"other port of this machine", []string{"http://localhost:8080"}, "same-site", false, true},
		{"other name of this machine", []string{"http://127.0.0.1:3000"}, "cross-site", false, true},
		{"foreign", []string{"https://evil.test"}, "cross-site", false, false},
		{"foreign, no fetch metadata", []string{"https://evil.test"}, "", false, false},
		{"foreign with our port", []string{"http://evil.test:3000"}, "", false, false},
		{"foreign address", []string{"http://10.0.0.9:3000"}, "", false, false},
		{"foreign script tag", nil, "cross-site", false, true},
		{"null", []string{"null"}, "", false, false},
		{"empty", []string{""}, "", false, false},
		{"two", []string{"http://localhost:3000", "https://evil.test"}, "", false, false},
		{"own with a path", []string{"http://localhost:3000/"}, "", false, false},
		{"own as user", []string{"http://localhost:3000@evil.test"}, "", false, false},
		{"own as prefix", []string{"http://localhost.evil.test:3000"}, "", false, false},
		{"other scheme", []string{"file://localhost:3000"}, "", false, false},
		{"extension", []string{"chrome-extension://abcdef"}, "", false, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := &http.Request{Host: "localhost:3000", Header: http.Header{"Upgrade": {"websocket"}}}
			if tt.origin != nil {
				r.Header["Origin"] = tt.origin
			}
			if tt.site != "" {
				r.Header.Set("Sec-Fetch-Site", tt.site)
			}
			if got := g.checkReserved(r) == nil; got != tt.reserved {
				t.Errorf("reserved route: let through %t, want %t", got, tt.reserved)
			}
			if got := g.check(r) == nil; got != tt.websocket {
				t.Errorf("websocket: let through %t, want %t", got, tt.websocket)
			}
		})
	}
}

func TestOwnOriginDefaultPorts(t *testing.T) {
	t.Parallel()
	g := newGuard(nil)
	for _, tt := range []struct {
		origin, host string
		want         bool
	}{
		{"http://localhost", "localhost", true},
		{"http://localhost", "localhost:80", true},
		{"https://localhost", "localhost", true},
		{"https://localhost", "localhost:443", true},
		{"https://localhost", "localhost:80", false},
		{"http://[::1]:3000", "[::1]:3000", true},
		{"http://[::1]:3000", "[::2]:3000", false},
	} {
		if got := g.ownOrigin(tt.origin, tt.host); got != tt.want {
			t.Errorf("ownOrigin(%q, %q) = %t, want %t", tt.origin, tt.host, got, tt.want)
		}
	}
}

func TestLocate(t *testing.T) {
	t.Parallel()
	tests := map[string]place{ // decoded once, as net/http does
		"/":                        elsewhere,
		"/__devtools/":             elsewhere,
		"/a/__devtool/":            elsewhere,
		"/__devtool/client.js":     ours,
		"/__devtool/":              ours,
		"/__devtool/a/b":           ours,
		"/__devtool":               disguised,
		"//__devtool/ws":           disguised,
		"/./__devtool/ws":          disguised,
		"/a/../__devtool/ws":       disguised,
		"/__devtool//ws":           disguised,
		"/__devtool/../__devtool/": disguised,
		"/__devtool/../secret":     disguised,
		"/__DEVTOOL/ws":            disguised,
		`/\__devtool/ws`:           disguised,
		`/a\..\__devtool/ws`:       disguised,
		`/__devtool\ws`:            disguised,
		"/%5f%5fdevtool/ws":        disguised, // was encoded twice
		"/%255f_devtool/ws":        disguised,
		"/a/..%2f__devtool%2fws":   disguised,
		"/%":                       elsewhere,
		"*":                        elsewhere,
		"":                         elsewhere,
	}
	for p, want := range tests {
		if got := locate(p); got != want {
			t.Errorf("locate(%q) = %d, want %d", p, got, want)
		}
	}
}
