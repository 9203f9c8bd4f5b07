package socket

import (
	"errors"
	"strings"
	"testing"
)

func TestParseSpec(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Spec{
		"http::3000":               {"http", HTTP, "127.0.0.1:3000"},
		"https::8443":              {"https", HTTPS, "127.0.0.1:8443"},
		"http::0":                  {"http", HTTP, "127.0.0.1:0"},
		"tcp::localhost:80":        {"tcp", TCP, "localhost:80"},
		"tcp::0.0.0.0:80":          {"tcp", TCP, "0.0.0.0:80"},
		"tcp::[::1]:9000":          {"tcp", TCP, "[::1]:9000"},
		"udp::53":                  {"udp", UDP, "127.0.0.1:53"},
		"udp::[fe80::1%eth0]:53":   {"udp", UDP, "[fe80::1%eth0]:53"},
		"unix::/run/app.sock":      {"unix", Unix, "/run/app.sock"},
		"unix::app.sock":           {"unix", Unix, "app.sock"},
		"unix::@abstract":          {"unix", Unix, "@abstract"},
		"unix::/tmp/a=b::c":        {"unix", Unix, "/tmp/a=b::c"},
		"api=http::3000":           {"api", HTTP, "127.0.0.1:3000"},
		"my.api-2=unix::/a":        {"my.api-2", Unix, "/a"},
		"3000":                     {"tcp", TCP, "127.0.0.1:3000"},
		"[::1]:3000":               {"tcp", TCP, "[::1]:3000"},
		"10.0.0.1:3000":            {"tcp", TCP, "10.0.0.1:3000"},
		"./app.sock":               {"unix", Unix, "./app.sock"},
		"/tmp/a=b":                 {"unix", Unix, "/tmp/a=b"},
		"tcp:::3000":               {"tcp", TCP, "127.0.0.1:3000"}, // never all interfaces unasked
		"http::03000":              {"http", HTTP, "127.0.0.1:3000"},
		"web=[::ffff:1.2.3.4]:443": {"web", TCP, "[::ffff:1.2.3.4]:443"},
	} {
		got, err := ParseSpec(text)
		if err != nil || got != want {
			t.Errorf("ParseSpec(%q) = %+v, %v; want %+v", text, got, err, want)
		}
	}
}

func TestParseSpecRefuses(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                   "nothing to listen on",
		"http::":             "nothing to listen on",
		"unix::":             "nothing to listen on",
		"api=":               "nothing to listen on",
		"ftp::21":            `unknown type "ftp"`,
		"HTTP::80":           `unknown type "HTTP"`,
		"http::65536":        `"65536" is not a port`,
		"http::-1":           `"-1" is not a port`,
		"http::+1":           `"+1" is not a port`,
		"http::web":          `"web" is not a port`,
		"tcp::localhost":     `"localhost" is not a port`,
		"tcp::localhost:":    `"" is not a port`,
		"tcp::::1:80":        "brackets",
		"tcp::a/b:80":        `"a/b" is not a host`,
		"http:3000":          "two colons: http::3000",
		"unix::/tmp/\x00":    "zero byte",
		"a b=http::3000":     "brackets",
		"http::3000,4000":    "is not a port",
		"tcp::127.0.0.1:1:2": "brackets",
	} {
		got, err := ParseSpec(text)
		var spec *SpecError
		if !errors.As(err, &spec) || !strings.Contains(err.Error(), want) {
			t.Errorf("ParseSpec(%q) = %+v, %v; want an error with %q", text, got, err, want)
		} else if spec.Hint() == "" || spec.Spec != text {
			t.Errorf("ParseSpec(%q): %+v lacks the spec or a hint", text, spec)
		}
	}
}

func FuzzParseSpec(f *testing.F) {
	for _, seed := range []string{"http::3000", "a=udp::[::1]:0", "unix::/tmp/x", "3000", "./s", "tcp:::::", "=::", "\x00", "a=b=c::1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		spec, err := ParseSpec(text)
		if err != nil {
			return
		}
		if spec.Name == "" || strings.ContainsRune(spec.Name, ':') || spec.Address == "" {
			t.Fatalf("ParseSpec(%q) = %+v", text, spec)
		}
		again, err := ParseSpec(spec.String())
		if err != nil || again != spec {
			t.Fatalf("ParseSpec(%q) = %+v, but its text %q gives %+v, %v", text, spec, spec.String(), again, err)
		}
	})
}
