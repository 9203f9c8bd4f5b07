package proxy

import (
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"path"
	"strconv"
	"strings"

	"github.com/calendsync/devtool/internal/routes"
)

// guard decides which requests get an answer at all. Its methods are pure:
// headers in, refusal out.
type guard struct {
	names    map[string]bool // allowed hosts besides the local ones
	suffixes []string        // allowed parents, each with its leading dot
}

// refusal is why a request is turned away, and with which status.
type refusal struct {
	status int
	reason string
}

func newGuard(allowed []string) guard {
	g := guard{names: make(map[string]bool)}
	for _, host := range allowed {
		host = strings.ToLower(strings.TrimSuffix(strings.TrimPrefix(host, "*"), "."))
		if strings.HasPrefix(host, ".") {
			g.suffixes = append(g.suffixes, host)
			host = host[1:]
		}
		g.names[host] = true
	}
	return g
}

// check applies to every request.
func (g guard) check(r *http.Request) *refusal {
	host, _, ok := splitHost(r.Host)
	if !ok || r.Method == http.MethodConnect {
		return &refusal{http.StatusBadRequest, "malformed Host header"}
	}
	// A foreign site can read our answers only under a name that it has rebound
	// to this machine, so names must be known. An address cannot be rebound.
	if !isLocal(host) && !isAddress(host) && !g.allows(host) {
		return &refusal{http.StatusForbidden, fmt.Sprintf(
			"host %s is not allowed; if it is yours, add it to devtool.toml:\n\n[server]\nallowed_hosts = [%[1]s]", quote(host))}
	}
	if r.Header.Get("Upgrade") != "" && !g.mayUpgrade(r) {
		return &refusal{http.StatusForbidden, fmt.Sprintf(
			"origin %s may not open a websocket here; allowed_hosts in devtool.toml can name it", quote(r.Header.Get("Origin")))}
	}
	return nil
}

// checkReserved applies to devtool's own routes in addition. Both headers may be
// absent: command-line clients send neither, nor do pages that come over plain
// HTTP from another machine. Another port of localhost is a foreign origin here.
func (g guard) checkReserved(r *http.Request) *refusal {
	origins := r.Header.Values("Origin")
	foreign := len(origins) > 1 || len(origins) == 1 && !g.ownOrigin(origins[0], r.Host)
	for _, site := range r.Header.Values("Sec-Fetch-Site") {
		foreign = foreign || site != "same-origin" && site != "none"
	}
	if foreign {
		return &refusal{http.StatusForbidden, "these routes answer only to pages of this origin"}
	}
	return nil
}

// mayUpgrade reports whether a page may open a websocket to the app. Browsers do
// not restrict websockets to the page's own origin.
func (g guard) mayUpgrade(r *http.Request) bool {
	switch origins := r.Header.Values("Origin"); len(origins) {
	case 0:
		return true
	case 1:
		host, _, ok := splitOrigin(origins[0])
		return ok && (isLocal(host) || isLoopback(host) || g.ownOrigin(origins[0], r.Host))
	default:
		return false
	}
}

// ownOrigin reports whether origin belongs to host, or to an allowed host: a
// tunnel in front of devtool may rewrite either header.
func (g guard) ownOrigin(origin, host string) bool {
	name, port, ok := splitOrigin(origin)
	if !ok {
		return false
	}
	ownName, ownPort, ok := splitHost(host)
	if ok && ownPort == "" {
		ownPort = defaultPort(origin)
	}
	return ok && name == ownName && port == ownPort || g.allows(name)
}

func (g guard) allows(host string) bool {
	if g.names[host] {
		return true
	}
	for _, suffix := range g.suffixes {
		if strings.HasSuffix(host, suffix) {
			return true
		}
	}
	return false
}

// isLocal reports whether a name always means this machine.
func isLocal(host string) bool {
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}

func isAddress(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil
}

func isLoopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}

// splitHost parses a Host header strictly. It returns the host in lower case,
// without brackets and without the final dot of a rooted name. The port may be
// empty.
func splitHost(hostport string) (host, port string, ok bool) {
	rest := ""
	if inner, found := strings.CutPrefix(hostport, "["); found {
		if host, rest, found = strings.Cut(inner, "]"); !found {
			return "", "", false
		}
		if addr, err := netip.ParseAddr(host); err != nil || !addr.Is6() || addr.Zone() != "" {
			return "", "", false
		}
	} else {
		colon := strings.IndexByte(hostport, ':')
		if colon < 0 {
			colon = len(hostport)
		}
		host, rest = hostport[:colon], hostport[colon:]
		if !isName(host) {
			return "", "", false
		}
	}
	if rest != "" {
		if port = rest[1:]; rest[0] != ':' {
			return "", "", false
		}
		if _, err := strconv.ParseUint(port, 10, 16); err != nil {
			return "", "", false
		}
	}
	return strings.ToLower(strings.TrimSuffix(host, ".")), port, true
}

func isName(host string) bool {
	for _, c := range []byte(host) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_', c == '.':
		default:
			return false
		}
	}
	return host != "" && host[0] != '.'
}

// splitOrigin parses an Origin header. It refuses "null" and anything that is
// more than scheme, host and port.
func splitOrigin(origin string) (host, port string, ok bool) {
	u, err := url.Parse(origin)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Scheme+"://"+u.Host != origin {
		return "", "", false
	}
	host, port, ok = splitHost(u.Host)
	if port == "" {
		port = defaultPort(origin)
	}
	return host, port, ok
}

func defaultPort(origin string) string {
	if strings.HasPrefix(origin, "https:") {
		return "443"
	}
	return "80"
}

// place says who answers a path.
type place uint8

const (
	elsewhere place = iota // not devtool's own routes
	ours                   // a reserved route, plainly written
	disguised              // a path that other software could read as a reserved route
)

// maxDecodings is how often locate unescapes a path. Some servers behind proxies
// decode a path twice.
const maxDecodings = 4

// locate reports who answers the decoded path p. The app never gets a path that
// cleaning, decoding or a change of case would turn into a reserved one.
func locate(p string) place {
	plain := p
	for range maxDecodings {
		decoded, err := url.PathUnescape(plain)
		if err != nil || decoded == plain {
			break
		}
		plain = decoded
	}
	plain = strings.ToLower(strings.ReplaceAll(plain, `\`, "/"))
	if slashes := len(plain) - len(strings.TrimLeft(plain, "/")); slashes != 1 {
		plain = "/" + plain[slashes:]
	}
	clean := path.Clean(plain)
	switch {
	case !strings.HasPrefix(plain, routes.Prefix) && !strings.HasPrefix(clean+"/", routes.Prefix):
		return elsewhere
	case strings.HasPrefix(p, routes.Prefix) && path.Clean(p) == strings.TrimSuffix(p, "/") && !strings.ContainsAny(p, `%\`):
		return ours
	default:
		return disguised
	}
}
