// Package watch turns file trees into batches of changes.
//
// Events of the operating system are only hints: they arrive late, twice, under
// stale names, or not at all. The truth is an index of what was last seen on disk
// (size, modification time, inode and, once a file mattered, a hash of its
// content). A hint only says where to look; a file is reported when its content
// differs from what was last reported. So touch, chmod, a save without edits and
// a checkout there and back report nothing, and a queue that overflowed costs one
// comparison of the tree instead of a missed change.
//
// # Which files count
//
// Below the roots, every regular file and symbolic link counts unless git ignores
// it or Options.Ignore names it. Nothing called .git, .hg, .svn, .jj or
// node_modules ever counts. Git does not ignore what it tracks, even if a rule
// names it. Symbolic links are not followed: a link's content is its target, and
// the file it points to is reported under its own path. Files, directories and
// globs named by [Watcher.Follow] count wherever they are, and so do the links on
// the way to them. Files larger than 64 MiB are compared by size and time instead
// of by content.
//
// A file that was neither followed nor changed before has no hash yet. If its
// size, time or inode changes, or an event says that it was written, it is
// reported even if the content may be equal. So a bare touch of such a file is
// reported once; of a followed file it never is.
//
// # What it refuses
//
// It never reads anything but regular files and links (a pipe would block it),
// never writes, and never decides what a change means: that is the caller's job.
//
// # Goroutines
//
// New starts nothing. Run owns every goroutine and waits for all of them before
// it returns: fsnotify's reader, the one that drains it into a set of paths, the
// poller where there are no events, and Run's own, which alone touches the index.
// Changes merge until the caller receives from Batches; nothing blocks if it does
// not.
package watch
