package process

import (
	"testing"
)

func TestClassify(t *testing.T) {
	t.Parallel()
	const plainToTLS = "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n"
	for _, test := range []struct {
		name, answer string
		final        bool
		protocol     string
		settled      bool
	}{
		{"nothing yet", "", false, unknown, false},
		{"net/http", "HTTP/1.1 200 OK\r\n", false, http1, true},
		{"any status", "HTTP/1.1 503 Service Unavailable\r\n", false, http1, true},
		{"half a status line", "HTTP/1.1 4", false, http1, false},
		{"a bad request may have a reason", "HTTP/1.1 400 Bad Request\r\n\r\n", false, http1, false},
		{"a bad request without one", "HTTP/1.1 400 Bad Request\r\n\r\n", true, http1, true},
		{"net/http with TLS", plainToTLS, false, https, true},
		{"nginx with TLS", "HTTP/1.1 400 Bad Request\r\n\r\n<title>400 The plain HTTP request was sent to HTTPS port</title>", false, https, true},
		{"TLS alert", "\x15\x03\x01\x00\x02\x02\x46", false, https, true},
		{"half an alert", "\x15", false, unknown, false},
		{"HTTP/2 settings", "\x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x64", false, h2c, true},
		{"half of the settings", "\x00\x00\x06\x04", false, unknown, false},
		{"settings of a wrong length", "\x00\x00\x05\x04\x00\x00\x00\x00\x00", false, unknown, true},
		{"another protocol", "220 mail.example ESMTP\r\n", false, unknown, true},
		{"another short one", "-ERR\r\n", true, unknown, true},
	} {
		protocol, settled := classify([]byte(test.answer), test.final)
		if protocol != test.protocol || settled != test.settled {
			t.Errorf("%s: classify = %q, %v, want %q, %v", test.name, protocol, settled, test.protocol, test.settled)
		}
	}
}

func FuzzClassify(f *testing.F) {
	f.Add([]byte("HTTP/1.1 400 x"), 3)
	f.Add([]byte("\x00\x00\x06\x04\x00\x00\x00\x00\x00"), 9)
	f.Add([]byte("\x15\x03"), 1)
	f.Fuzz(func(t *testing.T, answer []byte, cut int) {
		_, settled := classify(answer, true)
		if settled != (len(answer) > 0) {
			t.Errorf("classify(%q, final) is settled: %v", answer, settled)
		}
		// What is settled early must not change with more bytes.
		if cut < 0 || cut > len(answer) {
			return
		}
		if early, settled := classify(answer[:cut], false); settled {
			if late, _ := classify(answer, true); early != late {
				t.Errorf("classify(%q) = %q, but %q with %q", answer[:cut], early, late, answer)
			}
		}
	})
}
