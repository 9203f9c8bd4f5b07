// Package watch turns file trees into batches of changes.
//
// Events of the operating system are hints and nothing more: they arrive late,
// twice, under stale names, or not at all. The truth is an index of what was
// last seen on disk (size, modification time, inode and, once a file mattered,
// a hash of its content). A hint only says where to look; a file is reported
// when its content differs from what was last reported. So touch, chmod, a save
// without edits and a checkout there and back report nothing, and a queue that
// overflowed costs one comparison of the tree instead of a missed change.
//
// # Which files count
//
// Below the roots every regular file and symbolic link counts that git would not
// ignore and Options.Ignore does not name. What is called .git, .hg, .svn, .jj or
// node_modules never counts. What git tracks it does not ignore, even if a rule
// names it. Symbolic links are not followed: a link's content is its target, and
// what it points to is reported under its own path. Files, directories and globs
// named by [Watcher.Follow] count wherever they are, and so do the links on the way
// to them. Files larger than 64 MiB are compared by size and time instead of by
// content.
//
// A file that was neither followed nor touched before has no hash yet. If its
// size, time or inode changed, or an event says that it was written, it is reported
// although the content may be equal: a bare touch of such a file is reported once,
// and never of a followed one.
//
// # What it refuses
//
// It never reads what is neither a regular file nor a link (a pipe would block
// it), never writes, and never decides what a change means: relevance is the
// caller's.
//
// # Goroutines
//
// New starts nothing. Run owns every goroutine and waits for them before it
// returns: fsnotify's reader and the one that drains it into a set of paths, the
// poller where events are not to be had, and Run's own, which alone touches the
// index. The caller must receive from Batches or accept that changes merge until
// it does; it never has to, nothing blocks.
package watch
