//go:build unix

package process

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

func TestReady(t *testing.T) {
	t.Parallel()
	guardian := newGuardian(t)
	for _, test := range []struct {
		name      string
		spec      Spec
		args      string
		via       Via
		protocol  string
		linuxOnly bool
	}{
		{name: "socket", spec: Spec{Socket: true}, args: "-listen socket", via: ViaSocket, protocol: http1},
		{name: "socket, slow boot", spec: Spec{Socket: true}, args: "-listen socket -boot 300ms", via: ViaSocket, protocol: http1},
		{name: "socket without LISTEN_PID", spec: Spec{Socket: true, OmitPID: true}, args: "-listen socket", via: ViaSocket, protocol: http1},
		{name: "socket, h2c", spec: Spec{Socket: true}, args: "-listen socket -protocol h2c", via: ViaSocket, protocol: h2c},
		{name: "socket, TLS", spec: Spec{Socket: true}, args: "-listen socket -protocol tls", via: ViaSocket, protocol: https},
		{name: "PORT", args: "-listen port", via: ViaPort, protocol: http1},
		{name: "PORT, slow boot", args: "-listen port -boot 300ms", via: ViaPort, protocol: http1},
		{name: "PORT on localhost as ::1", args: "-listen localhost", via: ViaPort, protocol: http1},
		{name: "PORT although it has a socket", spec: Spec{Socket: true}, args: "-listen port", via: ViaPort, protocol: http1},
		{name: "PORT after a profiler's port", args: "-extra 127.0.0.1:0 -listen port", via: ViaPort, protocol: http1},
		{name: "PORT, h2c", args: "-listen port -protocol h2c", via: ViaPort, protocol: h2c},
		{name: "PORT, h2c as before", spec: Spec{Known: Target{Via: ViaPort, Protocol: h2c}}, args: "-listen port -protocol h2c", via: ViaPort, protocol: h2c},
		{name: "PORT, h2c no more", spec: Spec{Known: Target{Via: ViaPort, Protocol: h2c}}, args: "-listen port", via: ViaPort, protocol: http1},
		{name: "PORT, TLS", args: "-listen port -protocol tls", via: ViaPort, protocol: https},
		{name: "PORT, TLS that says nothing", args: "-listen port -protocol tls-silent", via: ViaPort, protocol: https},
		{name: "PORT, TLS no more", spec: Spec{Known: Target{Via: ViaPort, Protocol: https}}, args: "-listen port", via: ViaPort, protocol: http1},
		{name: "PORT, no HTTP", args: "-listen port -protocol banner", via: ViaPort, protocol: http1},
		{name: "own port", args: "-listen 127.0.0.1:0", via: ViaOwn, protocol: http1, linuxOnly: true},
		{name: "own port on all addresses", args: "-listen :0", via: ViaOwn, protocol: http1, linuxOnly: true},
		{name: "own port although it has a socket", spec: Spec{Socket: true}, args: "-listen 127.0.0.1:0", via: ViaOwn, protocol: http1, linuxOnly: true},
		{name: "own port, TLS", args: "-listen 127.0.0.1:0 -protocol tls", via: ViaOwn, protocol: https, linuxOnly: true},
		{name: "READY=1 and PORT", args: "-listen port -notify 1", via: ViaPort, protocol: http1},
		{name: "READY=1 and own port", args: "-listen 127.0.0.1:0 -notify 1", via: ViaOwn, protocol: http1, linuxOnly: true},
		{name: "READY=1 and a socket that says nothing", spec: Spec{Socket: true}, args: "-listen socket -protocol mute -notify 1", via: ViaSocket, protocol: http1},
		{name: "READY=1 from a worker", args: "-listen none -notify 1", via: ViaPort, protocol: http1},
		{name: "health path", spec: Spec{Ready: "/health"}, args: "-listen port -unhealthy 100ms", via: ViaPort, protocol: http1},
		{name: "health path, socket", spec: Spec{Ready: "/health", Socket: true}, args: "-listen socket -unhealthy 100ms", via: ViaSocket, protocol: http1},
		{name: "health path, h2c", spec: Spec{Ready: "/health"}, args: "-listen port -protocol h2c", via: ViaPort, protocol: h2c},
		{name: "health path, TLS", spec: Spec{Ready: "/health"}, args: "-listen port -protocol tls", via: ViaPort, protocol: https},
		{name: "tcp", spec: Spec{Ready: TCP}, args: "-listen port -protocol mute", via: ViaPort, protocol: http1},
		{name: "tcp, own port", spec: Spec{Ready: TCP}, args: "-listen 127.0.0.1:0 -protocol mute", via: ViaOwn, protocol: http1, linuxOnly: true},
		{name: "started", spec: Spec{Ready: Started}, args: "-listen none", via: ViaPort, protocol: http1},
		{name: "started, socket", spec: Spec{Ready: Started, Socket: true}, args: "-listen none", via: ViaSocket, protocol: http1},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if test.linuxOnly && runtime.GOOS != "linux" {
				t.Skip("who listens is known on Linux only")
			}
			spec := test.spec
			spec.Guardian, spec.Port = guardian, newPort(t)
			g := startApp(t, spec, strings.Fields(test.args)...)
			defer g.Stop(t.Context())
			got := ready(t, g)
			if got.Via != test.via || got.Protocol != test.protocol {
				t.Errorf("ready %+v, want protocol %q via %q", got, test.protocol, test.via)
			}
			if addr, err := netip.ParseAddrPort(got.Addr); err != nil || !addr.Addr().IsLoopback() {
				t.Errorf("address %q is not a loopback address: %v", got.Addr, err)
			}
			if isPort := strings.HasSuffix(got.Addr, fmt.Sprintf(":%d", spec.Port.Port())); isPort != (test.via == ViaPort) {
				t.Errorf("address %s via %s, PORT is %d", got.Addr, got.Via, spec.Port.Port())
			}
		})
	}
}

// A server that was asked in its own protocol has nothing to complain about.
func TestReadyDoesNotDisturbTLS(t *testing.T) {
	t.Parallel()
	spec := Spec{Guardian: newGuardian(t), Port: newPort(t)}
	first := startApp(t, spec, "-listen", "port", "-protocol", "tls")
	spec.Known = ready(t, first)
	first.Stop(t.Context())
	second := startApp(t, spec, "-listen", "port", "-protocol", "tls")
	ready(t, second)
	second.Stop(t.Context())
	if got := second.Tail(); got != "" {
		t.Errorf("the second generation wrote %q", got)
	}
}

func TestReadyFails(t *testing.T) {
	t.Parallel()
	guardian := newGuardian(t)
	for _, test := range []struct {
		name  string
		args  string
		ready Readiness
		exit  ExitError // Code, Signal and a part of Tail
	}{
		{name: "exit 1", args: "-exit 1 -complain no-database", exit: ExitError{Code: 1, Tail: "no-database"}},
		{name: "panic", args: "-panic", exit: ExitError{Code: 2, Tail: "panic: no more\n\ngoroutine 1 [running]:\nmain.main()"}},
		{name: "worker that fails at once", args: "-exit 3", ready: Started, exit: ExitError{Code: 3}},
		{name: "port taken", args: "-listen 127.0.0.1:TAKEN", exit: ExitError{Code: 1, Tail: "address already in use"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			taken := listen(t)
			args := strings.ReplaceAll(test.args, "127.0.0.1:TAKEN", taken.Addr().String())
			g := startApp(t, Spec{Guardian: guardian, Ready: test.ready, Port: newPort(t)}, strings.Fields(args)...)
			_, err := g.Ready(t.Context())
			var exit *ExitError
			if !errors.As(err, &exit) {
				t.Fatalf("Ready returned %v, want an ExitError", err)
			}
			if exit.Code != test.exit.Code || exit.Signal != test.exit.Signal || !strings.Contains(exit.Tail, test.exit.Tail) || exit.Stopped || exit.Ran <= 0 {
				t.Errorf("exit %+v, want %+v", *exit, test.exit)
			}
			if exit != g.Exit() {
				t.Errorf("Exit is %v, Ready returned %v", g.Exit(), exit)
			}
			if want := strings.Contains(test.name, "taken"); exit.AddressInUse() != want {
				t.Errorf("AddressInUse is %v, want %v", !want, want)
			}
		})
	}
}

func TestReadyFinished(t *testing.T) {
	t.Parallel()
	g := startApp(t, Spec{Port: newPort(t)}, "-exit", "0", "-print", "done\n")
	if _, err := g.Ready(t.Context()); !errors.Is(err, ErrFinished) {
		t.Errorf("Ready returned %v, want ErrFinished", err)
	}
	if got := g.Exit(); got.Code != 0 || got.Tail != "done\n" {
		t.Errorf("exit %+v, want code 0 and what it wrote", *got)
	}
}

func TestNotReady(t *testing.T) {
	t.Parallel()
	guardian := newGuardian(t)
	for _, test := range []struct {
		name, args, tried, hint string
		listening               int
		ready                   Readiness
	}{
		{name: "listens nowhere", args: "-listen none", tried: "(PORT): connection refused", hint: `"started"`},
		{name: "does not answer on PORT", args: "-listen port -protocol mute", tried: "(PORT): no answer yet", hint: "health path", listening: 1},
		{name: "no HTTP on its own port", args: "-listen 127.0.0.1:0 -protocol banner", tried: "(own port): answered, but not in HTTP", hint: "health path", listening: 1},
		{name: "never healthy", args: "-listen port -unhealthy 1h", ready: "/health", tried: "(PORT): GET /health answered 503", hint: "health path", listening: 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if test.listening > 0 && runtime.GOOS != "linux" {
				t.Skip("who listens is known on Linux only")
			}
			g := startApp(t, Spec{Guardian: guardian, Port: newPort(t), Ready: test.ready, ReadyTimeout: time.Second}, strings.Fields(test.args)...)
			defer g.Stop(t.Context())
			_, err := g.Ready(t.Context())
			var notReady *NotReadyError
			if !errors.As(err, &notReady) {
				t.Fatalf("Ready returned %v, want a NotReadyError", err)
			}
			if !strings.Contains(err.Error(), test.tried) || !strings.Contains(notReady.Hint(), test.hint) {
				t.Errorf("error %q with hint %q, want %q and %q", err, notReady.Hint(), test.tried, test.hint)
			}
			if len(notReady.Listening) != test.listening {
				t.Errorf("listening at %v, want %d", notReady.Listening, test.listening)
			}
			if g.Exit() != nil {
				t.Error("Ready ended the app")
			}
		})
	}
}

func TestReadyEndsWithContext(t *testing.T) {
	t.Parallel()
	g := startApp(t, Spec{Port: newPort(t)}, "-listen", "none")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := g.Ready(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Ready returned %v, want canceled", err)
	}
}

// Stopping an app that boots is neither a failure nor a finish.
func TestReadyOfStopped(t *testing.T) {
	t.Parallel()
	g := startApp(t, Spec{Port: newPort(t)}, "-listen", "none")
	go g.Stop(context.Background())
	_, err := g.Ready(t.Context())
	var exit *ExitError
	if !errors.As(err, &exit) || !exit.Stopped {
		t.Errorf("Ready returned %v, want a stopped app", err)
	}
}

func TestSpecIsChecked(t *testing.T) {
	t.Parallel()
	guardian := newGuardian(t)
	for _, test := range []struct {
		name, want string
		spec       Spec
	}{
		{"no guardian", "no guardian", Spec{Path: appPath}},
		{"tcp on a socket", "proves nothing", Spec{Guardian: guardian, Path: appPath, Ready: TCP, Socket: true}},
		{"unknown readiness", `"soon"`, Spec{Guardian: guardian, Path: appPath, Ready: "soon"}},
		{"colon in a name", `"a:b"`, Spec{Guardian: guardian, Path: appPath, Inherit: []Inherited{{"a:b", listen(t)}}}},
		{"no such command", "not found", Spec{Guardian: guardian, Path: "no-such-command"}},
		{"no such file", "no such file", Spec{Guardian: guardian, Path: "./no-such-file", Dir: os.TempDir()}},
	} {
		if _, err := Start(t.Context(), test.spec); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want %q", test.name, err, test.want)
		}
	}
}

func listen(t testing.TB) *net.TCPListener {
	t.Helper()
	ln, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	return ln
}
