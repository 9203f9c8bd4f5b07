package main

import (
	"crypto/tls"
	"fmt"
	"net"
	"os"

	"github.com/calendsync/devtool/internal/config"
	"github.com/calendsync/devtool/internal/control"
	"github.com/calendsync/devtool/internal/devserver"
	"github.com/calendsync/devtool/internal/policy"
)

// premises is what a server occupies on the machine: one project, one public
// address, one private socket, and the secrets that go with them.
type premises struct {
	root    string
	cache   *cache
	claim   *claim
	public  *public
	control net.Listener // nil: scripts cannot reach us
	tls     *tls.Config  // nil: plain HTTP
	token   string
	self    string // our own executable
	remarks []policy.Remark
}

// openPremises opens all of it. The claim comes first: a devtool that does not
// get it has changed nothing. After an error nothing is held.
func openPremises(cfg *config.Config, e environment) (_ *premises, err error) {
	p := &premises{root: cfg.Root}
	defer func() {
		if err != nil {
			p.close()
		}
	}()
	if p.cache, err = openCache(); err != nil {
		return nil, err
	}
	if p.claim, err = claimProject(p.cache.claims(), cfg); err != nil {
		return nil, err
	}
	if p.public, err = openPublic(cfg.Server, e.passed); err != nil {
		return nil, err
	}
	p.openControl()
	if p.self, err = os.Executable(); err != nil {
		return nil, fmt.Errorf("find devtool's own executable: %w", err)
	}
	if p.token, err = p.cache.token(cfg.Root); err != nil {
		return nil, err
	}
	secured, remarks, err := secure(cfg.Server, e, p.cache)
	if err != nil {
		return nil, err
	}
	p.tls = secured
	p.remarks = append(p.remarks, p.cache.remarks...)
	p.remarks = append(p.remarks, remarks...)
	p.remarks = append(p.remarks, p.public.remarks...)
	return p, nil
}

// openControl opens the private socket. It is a convenience: the server works
// without it.
func (p *premises) openControl() {
	socket := ""
	ln, err := control.Listen(p.claim.socketPath())
	if err != nil {
		p.remarks = append(p.remarks, policy.Remark{
			Text: fmt.Sprintf("devtool wait, status, reload and restart cannot reach this server: %v", err),
			Hint: "set TMPDIR or XDG_CACHE_HOME to a directory with a shorter path, on a local filesystem",
		})
	} else {
		p.control, socket = ln, ln.Addr().String()
	}
	p.claim.tell(p.public.url, socket)
}

// options are the ones of the server that say where it serves.
func (p *premises) options() devserver.Options {
	return devserver.Options{
		Listeners: p.public.listeners,
		URL:       p.public.url,
		Others:    p.public.others,
		Port:      p.public.port,
		Direct:    p.public.direct,
		TLS:       p.tls,
		Control:   p.control,
		Self:      p.self,
		Token:     p.token,
		Cache:     p.cache.project(p.root),
	}
}

// close releases everything, the claim nearly last.
func (p *premises) close() {
	if p.control != nil {
		p.control.Close()
	}
	if p.public != nil {
		_ = p.public.close() // closed by the server already, after a run
	}
	if p.claim != nil {
		p.claim.release()
	}
	if p.cache != nil {
		_ = p.cache.close() // what is left of a temporary one is in the directory for that
	}
}
