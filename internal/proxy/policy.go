package proxy

import (
	"crypto/rand"
	"net/http"
	"slices"
	"strings"
)

// allowClient changes the content security policies in h by no more than the
// client needs: its scripts and its websocket, each a URL; one that ends with a
// slash is of all below it. It returns the nonce that the tag has to carry, or "". The app's own nonce is reused; a new one is
// made only where 'strict-dynamic' makes browsers ignore URLs.
func allowClient(h http.Header, scripts, socket string) (nonce string) {
	enforced := parsePolicies(h.Values("Content-Security-Policy"))
	reported := parsePolicies(h.Values("Content-Security-Policy-Report-Only"))
	all := slices.Concat(enforced, reported)

	strict := false
	for _, p := range all {
		sources := p.sources(scriptDirectives...)
		if nonce == "" {
			nonce = nonceIn(sources)
		}
		strict = strict || slices.Contains(sources, "'strict-dynamic'")
	}
	if nonce == "" && strict {
		nonce = rand.Text()
	}
	for i := range all {
		all[i].allowScript(nonce, scripts)
		all[i].allow(socket, "connect-src", "default-src")
		all[i].allowTrusted()
	}
	setPolicies(h, "Content-Security-Policy", all[:len(enforced)])
	setPolicies(h, "Content-Security-Policy-Report-Only", all[len(enforced):])
	return nonce
}

// trustedName is the policy of web/hot in pages that take addresses of scripts only
// from policies that they name.
const trustedName = "devtool"

// scriptDirectives govern a script element, the first that is present alone.
var scriptDirectives = []string{"script-src-elem", "script-src", "default-src"}

// policy is one content security policy: directives in order, each a name and
// its sources. Every policy of a response applies.
type policy [][]string

func parsePolicies(values []string) (all []policy) {
	for _, value := range values {
		for text := range strings.SplitSeq(value, ",") {
			var p policy
			for directive := range strings.SplitSeq(text, ";") {
				if fields := strings.Fields(directive); len(fields) > 0 {
					fields[0] = strings.ToLower(fields[0])
					p = append(p, fields)
				}
			}
			if p != nil {
				all = append(all, p)
			}
		}
	}
	return all
}

func setPolicies(h http.Header, name string, all []policy) {
	h.Del(name)
	for _, p := range all {
		directives := make([]string, len(p))
		for i, d := range p {
			directives[i] = strings.Join(d, " ")
		}
		h.Add(name, strings.Join(directives, "; "))
	}
}

// find returns the index of the first of names that the policy has, or -1. Of
// directives of one name, browsers obey the first.
func (p policy) find(names ...string) int {
	for _, name := range names {
		if i := slices.IndexFunc(p, func(d []string) bool { return d[0] == name }); i >= 0 {
			return i
		}
	}
	return -1
}

func (p policy) sources(names ...string) []string {
	if i := p.find(names...); i >= 0 {
		return p[i][1:]
	}
	return nil
}

func (p *policy) allowScript(nonce, scripts string) {
	sources := p.sources(scriptDirectives...)
	switch {
	case nonce != "" && slices.Contains(sources, "'nonce-"+nonce+"'"):
	case slices.Contains(sources, "'strict-dynamic'"):
		p.allow("'nonce-"+nonce+"'", scriptDirectives...)
	default:
		p.allow(scripts, scriptDirectives...)
	}
}

// allowTrusted lets the client make addresses of scripts that the page trusts.
func (p policy) allowTrusted() {
	if i := p.find("trusted-types"); i >= 0 {
		names := slices.DeleteFunc(slices.Clone(p[i]), func(s string) bool { return strings.EqualFold(s, "'none'") })
		p[i] = append(names, trustedName)
	}
}

// allow adds source to the directive that governs, which is the first of names
// that the policy has. The last of names is a fallback for others too: its
// sources are copied to a directive of the name before, and source goes there.
func (p *policy) allow(source string, names ...string) {
	i := p.find(names...)
	if i < 0 {
		return // everything is allowed
	}
	directive := slices.DeleteFunc(slices.Clone((*p)[i]), func(s string) bool {
		return strings.EqualFold(s, "'none'")
	})
	directive = append(directive, source)
	if fallback := names[len(names)-1]; directive[0] == fallback {
		directive[0] = names[len(names)-2]
		*p = append(*p, directive)
		return
	}
	(*p)[i] = directive
}

func nonceIn(sources []string) string {
	for _, s := range sources {
		if rest, ok := strings.CutPrefix(s, "'nonce-"); ok && strings.HasSuffix(rest, "'") {
			return strings.TrimSuffix(rest, "'")
		}
	}
	return ""
}
