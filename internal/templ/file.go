package templ

import (
	"crypto/sha256"
	"fmt"
	"go/scanner"
	"go/token"
	"slices"
	"strconv"
	"strings"
)

// suffix ends the names of the Go files that templ generates.
const suffix = "_templ.go"

// file is a generated Go file: its literals and everything else.
type file struct {
	code  [sha256.Size]byte // of all tokens but literals and positions
	texts []string          // as they stand between the quotes; the first has number 1
	ours  bool              // it imports the runtime of templ, which reads text files
}

// parse reads a Go file. It reports false for a file that may ask templ for text
// in a way that templ does not generate.
func parse(src []byte) (file, bool) {
	all, ok := tokens(src)
	if !ok {
		return file{}, false
	}
	var f file
	for i := range all {
		if startsWith(all[i:], []part{{token.IDENT, ""}, {token.STRING, `"` + module + `/runtime"`}}) {
			f.ours = all[i].text == write[0].text
			if !f.ours {
				return file{}, false
			}
		}
		if text, ok := literalAt(all[i:], len(f.texts)+1); ok {
			f.texts = append(f.texts, text)
			all[i+len(write)-1].text = ""
		} else if startsWith(all[i:], write[:3]) {
			return file{}, false
		}
		if startsWith(all[i:], position) {
			all[i+lineAt].text, all[i+columnAt].text = "", ""
		}
	}
	h := sha256.New()
	for _, t := range all {
		fmt.Fprintf(h, "%d %q\n", t.kind, t.text)
	}
	h.Sum(f.code[:0])
	return f, true
}

// part is a token. In a pattern, an empty text matches any.
type part struct {
	kind token.Token
	text string
}

// write is how templ writes a literal:
//
//	templruntime.WriteString(templ_7745c5c3_Buffer, 1, "<p>")
var write = []part{
	{token.IDENT, "templruntime"}, {token.PERIOD, ""}, {token.IDENT, "WriteString"}, {token.LPAREN, ""},
	{token.IDENT, "templ_7745c5c3_Buffer"}, {token.COMMA, ""}, {token.INT, ""}, {token.COMMA, ""}, {token.STRING, ""},
}

// position is how templ records the place of an expression, for errors at run
// time:
//
//	templ.Error{Err: templ_7745c5c3_Err, FileName: `page.templ`, Line: 7, Col: 17}
var position = []part{
	{token.IDENT, "templ"}, {token.PERIOD, ""}, {token.IDENT, "Error"}, {token.LBRACE, ""},
	{token.IDENT, "Err"}, {token.COLON, ""}, {token.IDENT, "templ_7745c5c3_Err"}, {token.COMMA, ""},
	{token.IDENT, "FileName"}, {token.COLON, ""}, {token.STRING, ""}, {token.COMMA, ""},
	{token.IDENT, "Line"}, {token.COLON, ""}, {token.INT, ""}, {token.COMMA, ""},
	{token.IDENT, "Col"}, {token.COLON, ""}, {token.INT, ""}, {token.RBRACE, ""},
}

const lineAt, columnAt = 14, 18 // in position

// literalAt returns the literal with the given number, if the tokens begin with
// it.
func literalAt(all []part, number int) (string, bool) {
	if !startsWith(all, write) || all[6].text != strconv.Itoa(number) {
		return "", false
	}
	quoted := all[8].text
	if !strings.HasPrefix(quoted, `"`) {
		return "", false
	}
	return quoted[1 : len(quoted)-1], true
}

func startsWith(all, pattern []part) bool {
	return len(all) >= len(pattern) && slices.EqualFunc(all[:len(pattern)], pattern, func(t, want part) bool {
		return t.kind == want.kind && (want.text == "" || t.text == want.text)
	})
}

// tokens returns the tokens of a Go file, including comments, because some are
// directives.
func tokens(src []byte) ([]part, bool) {
	var s scanner.Scanner
	s.Init(token.NewFileSet().AddFile("", -1, len(src)), src, nil, scanner.ScanComments)
	var all []part
	for {
		_, kind, text := s.Scan()
		switch {
		case kind == token.EOF:
			return all, s.ErrorCount == 0
		case kind == token.SEMICOLON:
			text = ";"
		case kind.IsOperator():
			text = ""
		}
		all = append(all, part{kind, text})
	}
}
