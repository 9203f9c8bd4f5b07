package watch

import (
	"errors"
	"syscall"

	"golang.org/x/sys/unix"
)

// silentFilesystem names the filesystem of dir if others can write to it without
// raising events here, and returns "" otherwise. It goes by the type, because a
// test write would raise an event on all of them.
func silentFilesystem(dir string) string {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return ""
	}
	return silentName(uint32(st.Type))
}

// silentName does the same for a magic number of statfs(2).
func silentName(magic uint32) string {
	switch magic {
	case unix.NFS_SUPER_MAGIC:
		return "NFS"
	case unix.SMB_SUPER_MAGIC, unix.SMB2_SUPER_MAGIC, unix.CIFS_SUPER_MAGIC:
		return "SMB"
	case unix.V9FS_MAGIC:
		return "9p (WSL or a virtual machine's share)"
	case unix.FUSE_SUPER_MAGIC:
		return "FUSE (virtiofs, sshfs or a container's share)"
	case unix.AFS_SUPER_MAGIC, unix.AFS_FS_MAGIC:
		return "AFS"
	case unix.CEPH_SUPER_MAGIC:
		return "Ceph"
	case 0x786f4256:
		return "a VirtualBox share"
	case 0xbacbacbc:
		return "a VMware share"
	case 0x7c7c6673:
		return "a Parallels share"
	}
	return ""
}

// limitHint returns the command that raises the limit err is about.
func limitHint(err error) string {
	if errors.Is(err, syscall.ENOSPC) {
		return "sudo sysctl fs.inotify.max_user_watches=524288 (in /etc/sysctl.d to keep it)"
	}
	if errors.Is(err, syscall.EMFILE) {
		return "sudo sysctl fs.inotify.max_user_instances=1024, or raise ulimit -n"
	}
	return ""
}
