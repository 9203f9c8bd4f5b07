package watch

import "strings"

// glob is a compiled pattern of gitignore(5): one element for each part between
// slashes. Like git it works on bytes.
type glob []globPart

// globPart matches one path segment, or any number of them.
type globPart struct {
	any     bool   // "**": zero or more segments
	literal string // the whole segment, if tokens is nil
	tokens  []globToken
}

// globToken matches one byte, or for "*" any number of them.
type globToken struct {
	star bool
	set  *byteSet
}

// byteSet is a set of bytes.
type byteSet [256]bool

// compileGlob returns false for a pattern that can match nothing: with an
// unclosed class, an unknown class name or a backslash at the end.
func compileGlob(pattern string) (glob, bool) {
	var g glob
	for more := true; more; {
		part, rest, slash, ok := compilePart(pattern)
		if !ok {
			return nil, false
		}
		g = append(g, part)
		pattern, more = rest, slash
	}
	// A final "**" needs something below; "a/**" does not match "a".
	if n := len(g); n > 1 && g[n-1].any {
		g = append(g, globPart{tokens: []globToken{{star: true}}})
	}
	return g, true
}

// compilePart compiles up to the next slash outside a class, which it consumes.
func compilePart(p string) (part globPart, rest string, slash, ok bool) {
	var tokens []globToken
	var literal []byte
	stars, plain := 0, true
	for len(p) > 0 && p[0] != '/' {
		switch p[0] {
		case '*':
			stars++
			plain = false
			if n := len(tokens); n == 0 || !tokens[n-1].star {
				tokens = append(tokens, globToken{star: true})
			}
			p = p[1:]
		case '?':
			all := new(byteSet)
			all.add(0, 255)
			tokens, plain = append(tokens, globToken{set: all}), false
			p = p[1:]
		case '[':
			set, n := compileClass(p)
			if n == 0 {
				return part, "", false, false
			}
			tokens, plain = append(tokens, globToken{set: set}), false
			p = p[n:]
		default:
			if p[0] == '\\' {
				if p = p[1:]; p == "" {
					return part, "", false, false
				}
				if p[0] == '/' {
					continue // an escaped slash separates all the same
				}
			}
			one := new(byteSet)
			one[p[0]] = true
			tokens, literal = append(tokens, globToken{set: one}), append(literal, p[0])
			p = p[1:]
		}
	}
	rest, slash = strings.CutPrefix(p, "/")
	switch {
	case plain:
		return globPart{literal: string(literal)}, rest, slash, true
	case stars > 1 && len(tokens) == 1:
		return globPart{any: true}, rest, slash, true
	}
	return globPart{tokens: tokens}, rest, slash, true
}

// compileClass compiles the class at the start of p and returns its length there,
// 0 if it is not closed. A class never matches a slash.
func compileClass(p string) (*byteSet, int) {
	set := new(byteSet)
	i := 1
	negate := i < len(p) && (p[i] == '!' || p[i] == '^')
	if negate {
		i++
	}
	// low is the start of a possible range, -1 after a range or a named class.
	for low, first := -1, true; ; first = false {
		if i >= len(p) {
			return nil, 0
		}
		c := p[i]
		switch {
		case c == ']' && !first:
			if negate {
				for b := range set {
					set[b] = !set[b]
				}
			}
			set['/'] = false
			return set, i + 1
		case c == '-' && low > 0 && i+1 < len(p) && p[i+1] != ']':
			i++
			if p[i] == '\\' {
				if i++; i >= len(p) {
					return nil, 0
				}
			}
			set.add(low, int(p[i]))
			low = -1
		case strings.HasPrefix(p[i:], "[:"):
			end := strings.IndexByte(p[i+2:], ']')
			if end < 0 {
				return nil, 0
			}
			name, named := strings.CutSuffix(p[i+2:i+2+end], ":")
			if !named { // like git, take it for a plain bracket
				set['['], low = true, '['
				break
			}
			if !set.addNamed(name) {
				return nil, 0
			}
			i, low = i+2+end, -1
		default:
			if c == '\\' {
				if i++; i >= len(p) {
					return nil, 0
				}
			}
			set[p[i]], low = true, int(p[i])
		}
		i++
	}
}

func (s *byteSet) add(low, high int) {
	for b := low; b <= high; b++ {
		s[b] = true
	}
}

// addNamed adds a POSIX class in the C locale.
func (s *byteSet) addNamed(name string) bool {
	ranges, known := posixRanges(name)
	for i := 0; i+1 < len(ranges); i += 2 {
		s.add(int(ranges[i]), int(ranges[i+1]))
	}
	return known
}

// posixRanges returns pairs of first and last byte.
func posixRanges(name string) (pairs string, known bool) {
	switch name {
	case "alnum":
		return "azAZ09", true
	case "alpha":
		return "azAZ", true
	case "blank":
		return "  \t\t", true
	case "cntrl":
		return "\x00\x1f\x7f\x7f", true
	case "digit":
		return "09", true
	case "graph":
		return "!~", true
	case "lower":
		return "az", true
	case "print":
		return " ~", true
	case "punct":
		return "!/:@[`{~", true
	case "space":
		return "  \t\n\r\r", true // neither vertical tab nor form feed, in git
	case "upper":
		return "AZ", true
	case "xdigit":
		return "09afAF", true
	}
	return "", false
}

// match reports whether g matches the whole path, whose segments slashes part.
// Both levels, segments and bytes, go back to the last star only: that suffices
// and keeps hostile patterns from taking exponential time.
func (g glob) match(path string) bool {
	rest, more := path, true // more: a segment is left, which may be empty
	i, star := 0, -1
	var starRest string
	for more {
		segment, tail, slash := strings.Cut(rest, "/")
		switch {
		case i < len(g) && g[i].any:
			star, starRest = i, rest
			i++
			continue
		case i < len(g) && g[i].match(segment):
			i, rest, more = i+1, tail, slash
			continue
		case star < 0:
			return false
		}
		_, starRest, more = strings.Cut(starRest, "/")
		i, rest = star+1, starRest
	}
	for i < len(g) && g[i].any {
		i++
	}
	return i == len(g)
}

func (p globPart) match(segment string) bool {
	if p.tokens == nil {
		return p.literal == segment
	}
	at, star, starAt := 0, -1, 0
	i := 0
	for at < len(segment) {
		switch {
		case i < len(p.tokens) && p.tokens[i].star:
			star, starAt = i, at
			i++
		case i < len(p.tokens) && p.tokens[i].set[segment[at]]:
			i, at = i+1, at+1
		case star >= 0:
			starAt++
			i, at = star+1, starAt
		default:
			return false
		}
	}
	for i < len(p.tokens) && p.tokens[i].star {
		i++
	}
	return i == len(p.tokens)
}
