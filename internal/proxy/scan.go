package proxy

import (
	"bytes"
	"strings"
)

// blank is what HTML takes for space.
const blank = " \t\r\n\f"

// verdict is what a [scanner] knows after the bytes it has seen.
type verdict uint8

const (
	more  verdict = iota // the place is further on
	here                 // the tag goes here
	never                // there is no place for it
)

// scanner finds the place for the tag in a document that arrives in pieces: at
// the first moment at which a browser's head element is open. That is after
// <head>, or before the first thing that makes a browser imply one. Only blank
// space, comments, a doctype and <html> may come before that moment, so no
// script, style, title or template can: the scanner never has to know them.
type scanner struct {
	xml      bool // the document is XHTML
	fragment bool // it may be a piece of a page: insist on a landmark

	state    scanState
	started  bool // something has been read
	landmark bool // a doctype or <html> has been seen
	html     bool // <html> has been seen
	head     bool // the tag being read is <head>
	selfShut bool // it ends in "/>"
	fresh    bool // of the comment being read, only dashes so far
	dashes   int  // that may end it
	bang     bool // they are followed by "!"
	quote    byte // of the quoted string being read
	subset   bool // inside a doctype's [ ]
	last     byte // before the one being read, in an instruction
}

type scanState uint8

const (
	atStart       scanState = iota // a byte order mark may come
	between                        // tokens
	inComment                      // <!-- … -->
	inBogus                        // <! … > or <? … >, which browsers take for comments
	inInstruction                  // <? … ?> of XML
	inDoctype
	// Inside <html …> or <head …>. A ">" in a quoted value ends nothing, but a
	// quote only starts a value after "=".
	beforeName
	inName
	afterName
	beforeValue
	inValue
	inQuoted
)

// scan reads on in the document. It consumes n bytes: those before the place if
// the verdict is here, all but the beginning of an undecided token if it is
// more. The rest is to be given again with what follows it; final says that
// nothing will.
func (s *scanner) scan(b []byte, final bool) (n int, v verdict) {
	for n < len(b) {
		var step int
		switch s.state {
		case atStart:
			step, v = s.start(b[n:], final)
		case between:
			step, v = s.token(b[n:], final)
		case inComment:
			step = s.comment(b[n:])
		case inBogus:
			step = s.until(b[n:], '>')
		case inInstruction:
			step = s.instruction(b[n:])
		case inDoctype:
			step = s.doctype(b[n:])
		default:
			step, v = s.tag(b[n:])
		}
		n += step
		if v != more || step == 0 {
			return n, v
		}
	}
	if final {
		return n, s.end()
	}
	return n, more
}

// end decides at the end of the document.
func (s *scanner) end() verdict {
	if s.state == between && s.started && !s.xml && (s.landmark || !s.fragment) {
		return here
	}
	return never
}

func (s *scanner) start(b []byte, final bool) (int, verdict) {
	const mark = "\xef\xbb\xbf"
	switch {
	case bytes.HasPrefix(b, []byte(mark)):
		s.state = between
		return len(mark), more
	case len(b) < len(mark) && bytes.HasPrefix([]byte(mark), b) && !final:
		return 0, more
	case b[0] >= 0xfe:
		return 0, never // the mark of UTF-16
	default:
		s.state = between
		return s.token(b, final)
	}
}

// token reads what stands between tokens, or the beginning of one.
func (s *scanner) token(b []byte, final bool) (int, verdict) {
	s.started = true
	if n := len(b) - len(bytes.TrimLeft(b, blank)); n > 0 {
		return n, more
	}
	switch {
	case b[0] == 0 || b[0] == '<' && len(b) > 1 && b[1] == 0:
		return 0, never // UTF-16 that was not declared
	case b[0] != '<', len(b) == 1 && final:
		return 0, s.content("")
	case len(b) == 1:
		return 0, more
	case b[1] == '!':
		return s.declaration(b, final)
	case b[1] == '?':
		s.state, s.last = inBogus, 0
		if s.xml {
			s.state = inInstruction
		}
		return 2, more
	default:
		return s.element(b, final)
	}
}

func (s *scanner) declaration(b []byte, final bool) (int, verdict) {
	switch name, found := s.match(b, "<!--", "<!DOCTYPE"); {
	case !found && !final:
		return 0, more
	case name == "<!--":
		s.state, s.dashes, s.fresh, s.bang = inComment, 0, true, false
		return len(name), more
	case name != "":
		s.state, s.landmark = inDoctype, true
		return len(name), more
	default:
		s.state = inBogus
		return 2, more
	}
}

func (s *scanner) element(b []byte, final bool) (int, verdict) {
	name, found := s.match(b, "<html", "<head", "<body")
	switch {
	case !final && (!found || len(b) == len(name)):
		return 0, more
	case name == "" || len(b) == len(name) || !strings.ContainsRune(blank+"/>", rune(b[len(name)])):
		return 0, s.content("") // such as <header>
	case name == "<body":
		return 0, s.content(name)
	}
	s.landmark, s.head, s.selfShut = true, name == "<head", false
	s.html = s.html || !s.head
	s.state = beforeName
	return len(name), more
}

// match returns the one of names that b begins with, or none; found is false
// while b is too short to tell. Only HTML ignores case.
func (s *scanner) match(b []byte, names ...string) (name string, found bool) {
	found = true
	for _, name := range names {
		n := min(len(b), len(name))
		if !bytes.Equal(b[:n], []byte(name[:n])) && (s.xml || !bytes.EqualFold(b[:n], []byte(name[:n]))) {
			continue
		}
		if n == len(name) {
			return name, true
		}
		found = false
	}
	return "", found
}

// content decides before the first thing that a browser would not leave
// outside the head or body; name is "<body" if it is that.
func (s *scanner) content(name string) verdict {
	switch {
	case s.xml && s.html:
		return here
	case s.xml:
		return never // some other root element
	case s.landmark, !s.fragment, name != "":
		return here
	default:
		return never
	}
}

// comment follows the states of the HTML standard: "--!>" ends a comment too,
// and so does a ">" or "->" right after the "<!--".
func (s *scanner) comment(b []byte) int {
	if n := bytes.IndexByte(b, '-'); s.dashes == 0 && !s.bang && !s.fresh && n != 0 {
		if n < 0 {
			return len(b)
		}
		return n
	}
	switch c := b[0]; {
	case c == '>' && (s.dashes >= 2 || s.bang || s.fresh && !s.xml):
		s.state = between
	case c == '-' && s.bang:
		s.dashes, s.bang = 1, false
	case c == '-':
		s.dashes++
	default:
		s.bang = c == '!' && s.dashes >= 2 && !s.xml
		s.dashes, s.fresh = 0, false
	}
	return 1
}

// until skips to and over the byte that ends the token.
func (s *scanner) until(b []byte, end byte) int {
	n := bytes.IndexByte(b, end)
	if n < 0 {
		return len(b)
	}
	s.state = between
	return n + 1
}

func (s *scanner) instruction(b []byte) int {
	if b[0] == '>' && s.last == '?' {
		s.state = between
	}
	s.last = b[0]
	return 1
}

// doctype ends at the first ">" in HTML. In XML that may be quoted, or stand in
// the internal subset.
func (s *scanner) doctype(b []byte) int {
	if !s.xml {
		return s.until(b, '>')
	}
	switch c := b[0]; {
	case s.quote != 0:
		if c == s.quote {
			s.quote = 0
		}
	case c == '"', c == '\'':
		s.quote = c
	case c == '[':
		s.subset = true
	case c == ']':
		s.subset = false
	case c == '>' && !s.subset:
		s.state = between
	}
	return 1
}

func (s *scanner) tag(b []byte) (int, verdict) {
	c := b[0]
	space := strings.IndexByte(blank, c) >= 0
	switch {
	case s.state == inQuoted:
		if c == s.quote {
			s.state, s.quote = beforeName, 0
		}
	case c == '>':
		s.state = between
		if s.head {
			return 1, here
		}
		if s.selfShut && s.xml {
			return 1, never // <html/> is the whole document
		}
		return 1, more
	case s.state == beforeValue && (c == '"' || c == '\''):
		s.state, s.quote = inQuoted, c
	case s.state == beforeValue && space, s.state == inValue && !space, s.state == beforeName && space:
	case s.state == beforeValue:
		s.state = inValue
	case s.state == inValue:
		s.state = beforeName
	case c == '/':
		s.state = beforeName
	case c == '=' && s.state != beforeName:
		s.state = beforeValue
	case s.state == inName && space:
		s.state = afterName
	case s.state == afterName && space:
	default:
		s.state = inName
	}
	s.selfShut = c == '/' && s.state == beforeName
	return 1, more
}
