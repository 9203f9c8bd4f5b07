// Command app is an app with the habits that its flags name. It also stands for
// devtool's own executable: guardian and shim.
package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	"github.com/calendsync/devtool/internal/process"
)

func main() {
	if code, handled := process.Main(os.Args[1:]); handled {
		os.Exit(code)
	}
	var (
		listen     = flag.String("listen", "none", "socket, port, localhost, none or an address")
		extra      = flag.String("extra", "", "an address that answers -refuse, opened 50 ms before -listen")
		further    = flag.String("further", "", "an address that answers -refuse, opened 50 ms after -listen")
		refuse     = flag.Int("refuse", http.StatusNotFound, "the status of every answer at -extra and -further")
		log        = flag.Bool("log", false, "write each request to stdout")
		say        = flag.Bool("say", false, "write \"listening\" once -listen is open")
		page       = flag.Bool("page", false, "answer / with a page")
		protocol   = flag.String("protocol", "http", "http, h2c, tls, tls-silent, banner or mute")
		boot       = flag.Duration("boot", 0, "wait before listening")
		unhealthy  = flag.Duration("unhealthy", 0, "answer 503 for so long")
		exit       = flag.Int("exit", -1, "exit with this code instead of serving")
		panics     = flag.Bool("panic", false, "panic after writing much")
		print      = flag.String("print", "", "write to stdout")
		complain   = flag.String("complain", "", "write to stderr")
		ignoreTerm = flag.Bool("ignore-term", false, "ignore SIGTERM")
		child      = flag.String("child", "", "run this in sh as a grandchild that shares our output")
		notify     = flag.Int("notify", 0, "send READY=1 so many times once up")
	)
	flag.Parse()
	fmt.Print(*print)
	fmt.Fprint(os.Stderr, *complain)
	if *ignoreTerm {
		signal.Ignore(syscall.SIGTERM)
	}
	if *child != "" {
		startChild(*child)
	}
	if *panics {
		panic("no more")
	}
	if *exit >= 0 {
		os.Exit(*exit)
	}
	if *extra != "" {
		go http.Serve(open(*extra), refusing(*refuse))
		time.Sleep(50 * time.Millisecond)
	}
	time.Sleep(*boot)
	var ln net.Listener
	if *listen != "none" {
		ln = open(*listen)
	}
	if *say {
		fmt.Println("listening")
	}
	if *further != "" {
		go func() {
			time.Sleep(50 * time.Millisecond)
			fail(http.Serve(open(*further), refusing(*refuse)))
		}()
	}
	for range *notify {
		tellReady()
	}
	if *notify > 0 {
		fmt.Println("notified")
	}
	if ln == nil {
		fmt.Println("idle")
		select {}
	}
	h := handler(time.Now().Add(*unhealthy), *page)
	if *log {
		h = logged(h)
	}
	fail(serve(ln, *protocol, h))
}

func refusing(status int) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
}

func open(where string) net.Listener {
	var ln net.Listener
	var err error
	switch where {
	case "socket":
		if pid := os.Getenv("LISTEN_PID"); pid != "" && pid != strconv.Itoa(os.Getpid()) {
			fail(fmt.Errorf("LISTEN_PID is %s, we are %d", pid, os.Getpid()))
		}
		ln, err = net.FileListener(os.NewFile(3, "inherited"))
	case "port":
		ln, err = net.Listen("tcp", ":"+os.Getenv("PORT"))
	case "localhost":
		ln, err = net.Listen("tcp", "[::1]:"+os.Getenv("PORT"))
	default:
		ln, err = net.Listen("tcp", where)
	}
	if err != nil {
		fail(err)
	}
	return ln
}

func serve(ln net.Listener, protocol string, handler http.Handler) error {
	srv := &http.Server{Protocols: new(http.Protocols), Handler: handler}
	srv.Protocols.SetHTTP1(true)
	switch protocol {
	case "h2c":
		srv.Protocols.SetHTTP1(false)
		srv.Protocols.SetUnencryptedHTTP2(true)
	case "tls":
		return srv.Serve(tls.NewListener(ln, &tls.Config{Certificates: []tls.Certificate{certificate()}}))
	case "tls-silent": // as Node does
		config := &tls.Config{Certificates: []tls.Certificate{certificate()}}
		return talk(ln, func(conn net.Conn) {
			first := make([]byte, 1)
			if _, err := conn.Read(first); err == nil && first[0] == 0x16 {
				tls.Server(&replay{Conn: conn, first: first}, config).Handshake()
			}
		})
	case "banner":
		return talk(ln, func(conn net.Conn) { io.WriteString(conn, "220 mail.example ESMTP\r\n") })
	case "mute":
		return talk(ln, func(conn net.Conn) { io.Copy(io.Discard, conn) })
	}
	return srv.Serve(ln)
}

func handler(healthyFrom time.Time, page bool) http.Handler {
	mux := http.NewServeMux()
	if page {
		mux.HandleFunc("/{$}", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "<h1>page</h1>") })
	}
	mux.HandleFunc("/health", func(w http.ResponseWriter, r *http.Request) {
		if time.Now().Before(healthyFrom) {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	mux.HandleFunc("/env", func(w http.ResponseWriter, r *http.Request) {
		json.NewEncoder(w).Encode(map[string]any{"pid": os.Getpid(), "env": os.Environ(), "args": os.Args[1:]})
	})
	mux.HandleFunc("/get", func(w http.ResponseWriter, r *http.Request) {
		response, err := http.Get(r.FormValue("url"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		defer response.Body.Close()
		io.Copy(w, response.Body)
	})
	return mux
}

func logged(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Printf("%s %s from %s\n", r.Method, r.URL.Path, r.UserAgent())
		h.ServeHTTP(w, r)
	})
}

// talk gives each connection to say and then closes it.
func talk(ln net.Listener, say func(net.Conn)) error {
	for {
		conn, err := ln.Accept()
		if err != nil {
			return err
		}
		go func() {
			defer conn.Close()
			say(conn)
		}()
	}
}

// replay gives back the byte that was read to tell TLS from anything else.
type replay struct {
	net.Conn
	first []byte
}

func (r *replay) Read(p []byte) (int, error) {
	if len(r.first) > 0 {
		n := copy(p, r.first)
		r.first = r.first[n:]
		return n, nil
	}
	return r.Conn.Read(p)
}

func startChild(script string) {
	cmd := exec.Command("sh", "-c", script)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Start(); err != nil {
		fail(err)
	}
	fmt.Println("grandchild", cmd.Process.Pid)
}

func tellReady() {
	conn, err := net.Dial("unixgram", os.Getenv("NOTIFY_SOCKET"))
	if err != nil {
		fail(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "STATUS=up\nREADY=1\n"); err != nil {
		fail(err)
	}
}

func certificate() tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		fail(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		fail(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "app:", err)
	os.Exit(1)
}
