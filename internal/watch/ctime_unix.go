//go:build unix && !darwin && !freebsd && !netbsd && !aix

package watch

import "syscall"

func ctime(st *syscall.Stat_t) syscall.Timespec { return st.Ctim }
