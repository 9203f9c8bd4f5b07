package proxy

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

const testTag = "<script>TAG</script>"

// inject runs a document through an injector, read is the size of its reads.
func inject(t testing.TB, doc string, scan scanner, read int) (got string, gaveUp bool) {
	t.Helper()
	source := io.NopCloser(chunked{strings.NewReader(doc), read})
	in := newInjector(source, testTag, scan, func() { gaveUp = true })
	b, err := io.ReadAll(in)
	if err != nil {
		t.Fatalf("inject into %q: %v", doc, err)
	}
	return string(b), gaveUp
}

type chunked struct {
	io.Reader
	size int
}

func (c chunked) Read(p []byte) (int, error) { return c.Reader.Read(p[:min(len(p), c.size)]) }

// The documents below have ‸ where the tag belongs, none if there is no place.
var (
	htmlDocuments = []string{
		"<!doctype html><html><head>‸<title>x</title></head><body>y</body></html>",
		"<head>‸<title>x</title>",
		"<HEAD>‸",
		"<HtMl><HeAd\n>‸",
		"<head lang=en>‸",
		"<head/>‸",
		"<head / >‸",
		"<html>‸<body>",
		"<html>\n‸<title>x</title>",
		"<html lang=\"en\">‸<body>",
		"<!doctype html>\n‸<title>x</title>",
		"<!doctype html>‸",
		"<!DOCTYPE html PUBLIC \"-//W3C//DTD HTML 4.01//EN\" \"http://www.w3.org/TR/html4/strict.dtd\"><html><head>‸",
		"\xef\xbb\xbf<!doctype html><head>‸",
		"\xef\xbb\xbf‸text",
		"‸<h1>Hello</h1>",
		"‸text only",
		" ‸\xfe text",
		"‸a < b",
		"‸<",
		"‸<head", // cut off: no tag at all
		"‸</p><html><head>",
		"‸<body><p>",
		"‸<header>not a head</header>",
		"‸<head-er>",
		"<html>‸<header>",
		"‸<htmlx><head>",
		"‸<script>'<head>'</script><html><head>",
		"‸<style>/*<head>*/</style>",
		"‸<title><head></title>",
		"‸<template><head></template>",
		"‸<textarea><head>",
		"‸<svg><head>",
		"<!-- <head> --><html><!-- <html><head> --><head>‸",
		"<!--[if IE]><html class=ie><head><![endif]--><html><head>‸",
		"<!--><head>‸-->",
		"<!---><head>‸-->",
		"<!----><head>‸-->",
		"<!--!><head>--><html><head>‸",
		"<!--- ---><head>‸",
		"<!-- a --!><head>‸",
		"<!-- a --!-><head> --><html>‸<p>",
		"<!-- a -- > <head> --><html><head>‸",
		"<!-- - - > -- --x> --><head>‸",
		"<!-- <!-- --><head>‸ -->",
		"<!-a><head>‸",
		"<!><head>‸",
		"<![CDATA[<head>‸]]>",
		"<?xml version=\"1.0\"?><html><head>‸",
		"<?php echo '>‸'; ?><head>", // browsers end the comment at the first ">"
		"<html data-x='a>b'><head>‸",
		"<html data-x=\"<head>\"><head>‸",
		"<html data-x=a\"><head>‸\">",
		"<html \"a><head>‸\">",
		"<html =\"a><head>‸\">",
		"<html a=b=\"c><head>‸",
		"<html a = \n'>' b><head>‸",
		"<html a=''b='>'><head>‸",
		"<html a=/><head>‸",
		"<html/a='>'><head>‸",
		"<html class=\"\n\n<head>\n\"\n><head data-x='>'>‸",
		"<!doctype html><!doctype html><html><html><head>‸<head>",
		"<!doctype html \"><head>‸\">",
		"\r\n\t \f<html>\f<head>‸",
		"<!doctype html>" + strings.Repeat("<!--"+strings.Repeat("x-", 5000)+"-->", 3) + "<head>‸",

		// No place: the document ends in something, or is none.
		"",
		"<!-- only a comment",
		"<html data-x='",
		"<!doctype",
		"\xff\xfe<\x00h\x00",
		"\xfe\xff\x00<\x00h",
		"<\x00h\x00t\x00m\x00l\x00>\x00",
		"\x00<\x00h\x00t\x00m\x00l\x00>",
	}
	fragmentDocuments = []string{
		"<div>a piece</div>",
		"text",
		" \n<li>",
		"<!-- comment --><li>",
		"<title>x</title>", // htmx takes titles from fragments
		"<bodyguard>",
		"",
		"‸<body class=x><p>",
		"<!doctype html>‸<p>",
		"<html>‸<body>",
		"<head>‸",
	}
	xmlDocuments = []string{
		"<?xml version=\"1.0\"?>\n<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0 Strict//EN\" \"x>y\"><html xmlns=\"http://www.w3.org/1999/xhtml\"><head>‸<title/></head></html>",
		"<?xml-stylesheet href=\"a?>b\"?><html><head>", // ends at the first "?>", and what follows is not well-formed
		"<?a > b ?><html><head>‸",
		"<!DOCTYPE html [ <!ENTITY gt2 \">\"> <!ELEMENT x (a)> ]><html><head>‸",
		"<html><head/>‸<body/></html>",
		"<html>‸<body/></html>",
		"<!-- a --!> <head> --><html><head>‸",
		"<html/>",
		"<HTML><HEAD>",
		"<svg xmlns=\"http://www.w3.org/2000/svg\"><head/></svg>",
		"<h:html xmlns:h=\"http://www.w3.org/1999/xhtml\"><h:head/></h:html>",
		"<!doctype html><html>",
		"<html>",
	}
)

func TestInject(t *testing.T) {
	t.Parallel()
	for _, kind := range []struct {
		name      string
		scan      scanner
		documents []string
	}{
		{"html", scanner{}, htmlDocuments},
		{"fragment", scanner{fragment: true}, fragmentDocuments},
		{"xhtml", scanner{xml: true}, xmlDocuments},
	} {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			for _, marked := range kind.documents {
				doc := strings.ReplaceAll(marked, "‸", "")
				want := strings.ReplaceAll(marked, "‸", testTag)
				for _, read := range []int{1, 2, 3, 7, 1 << 20} {
					got, gaveUp := inject(t, doc, kind.scan, read)
					if got != want {
						t.Errorf("%.80q, read by %d:\n got %.120q\nwant %.120q", doc, read, got, want)
					}
					if gaveUp != (doc == want) {
						t.Errorf("%.80q: gave up %t", doc, gaveUp)
					}
				}
			}
		})
	}
}

// What is decided is passed on before more arrives.
func TestInjectDoesNotWait(t *testing.T) {
	t.Parallel()
	r, w := io.Pipe()
	in := newInjector(r, testTag, scanner{}, func() {})
	defer in.Close()
	buf := make([]byte, 1<<10)
	for _, step := range []struct{ write, want string }{
		{"<!doctype html><ht", "<!doctype html>"},
		{"ml><!-- a", "<html><!-- a"},
		{" --><head>rest", " --><head>" + testTag + "rest"},
		{"more", "more"},
	} {
		go io.WriteString(w, step.write) // ends when it is read
		n, err := io.ReadAtLeast(in, buf, len(step.want))
		if got := string(buf[:n]); got != step.want || err != nil {
			t.Fatalf("after %q: got %q, %v; want %q", step.write, got, err, step.want)
		}
	}
}

func TestInjectKeepsErrors(t *testing.T) {
	t.Parallel()
	for _, doc := range []string{"<!doctype html><he", "<head>text"} {
		source := io.MultiReader(strings.NewReader(doc), iotest.ErrReader(io.ErrUnexpectedEOF))
		in := newInjector(io.NopCloser(source), testTag, scanner{}, func() {})
		got, err := io.ReadAll(in)
		if err != io.ErrUnexpectedEOF || strings.ReplaceAll(string(got), testTag, "") != doc {
			t.Errorf("%q: read %q, %v", doc, got, err)
		}
	}
}

func FuzzInject(f *testing.F) {
	for i, documents := range [][]string{htmlDocuments, fragmentDocuments, xmlDocuments} {
		for _, doc := range documents {
			f.Add(strings.ReplaceAll(doc, "‸", ""), uint8(i), uint8(len(doc)))
		}
	}
	f.Fuzz(func(t *testing.T, doc string, kind, read uint8) {
		if strings.Contains(doc, testTag) {
			return
		}
		scan := scanner{fragment: kind%3 == 1, xml: kind%3 == 2}
		got, gaveUp := inject(t, doc, scan, int(read)+1)
		whole, _ := inject(t, doc, scan, len(doc)+1)
		if got != whole {
			t.Errorf("chunks of %d change the place:\n got %q\nwant %q", read+1, got, whole)
		}
		if n := strings.Count(got, testTag); n > 1 || (n == 0) != gaveUp {
			t.Errorf("%d tags, gave up %t", n, gaveUp)
		}
		if strings.Replace(got, testTag, "", 1) != doc {
			t.Errorf("%q became %q", doc, got)
		}
	})
}

func BenchmarkInject(b *testing.B) {
	head := "<!doctype html><html><head>"
	for name, doc := range map[string]string{
		"page":    head + strings.Repeat("<p>text</p>", 1<<20),
		"comment": "<!--" + strings.Repeat("<p>a long comment</p>\n", 1<<19) + "-->" + head,
	} {
		b.Run(name, func(b *testing.B) {
			buf := make([]byte, copySize)
			b.SetBytes(int64(len(doc)))
			source := bytes.NewReader(nil)
			for b.Loop() {
				source.Reset([]byte(doc)[:len(doc):len(doc)])
				in := newInjector(io.NopCloser(source), testTag, scanner{}, func() {})
				if _, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, in, buf); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
