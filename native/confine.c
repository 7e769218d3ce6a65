/*
 * Takes from the process what a running node does not need: new privileges, and system calls by which a process starts
 * programs, looks into other processes, changes the system or leaves its namespaces. Called once, when everything is open.
 *
 * The filter acts on all threads, present and future, and cannot be removed. A refused call fails with EPERM.
 */
#include "confine.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "handle.h"

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
/* System calls of x32 programs have this bit, and would pass a comparison of numbers. */
#define FOREIGN_BIT 0x40000000u
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#define FOREIGN_BIT 0x80000000u
#endif

#ifdef ARCHITECTURE

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif

#define NEW_NAMESPACES \
  (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWTIME)

static const unsigned int DENIED[] = {
    /* Programs. */
    SYS_execve, SYS_execveat,
    /* Other processes. */
    SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, SYS_kcmp, SYS_pidfd_getfd,
    /* The kernel. */
    SYS_bpf, SYS_perf_event_open, SYS_userfaultfd, SYS_init_module, SYS_finit_module, SYS_delete_module, SYS_kexec_load,
    SYS_kexec_file_load, SYS_reboot, SYS_syslog, SYS_acct, SYS_swapon, SYS_swapoff, SYS_quotactl,
    /* Namespaces and mounts. */
    SYS_unshare, SYS_setns, SYS_mount, SYS_umount2, SYS_pivot_root, SYS_chroot, SYS_open_tree, SYS_move_mount, SYS_fsopen,
    SYS_fsmount, SYS_open_by_handle_at, SYS_name_to_handle_at,
    /* Keys, clocks and names of the host. */
    SYS_add_key, SYS_request_key, SYS_keyctl, SYS_clock_settime, SYS_settimeofday, SYS_adjtimex, SYS_clock_adjtime,
    SYS_sethostname, SYS_setdomainname,
};

#define DENIED_COUNT (sizeof DENIED / sizeof *DENIED)
/* Instructions before the comparisons with DENIED, for each of them, and after them. */
#define PROGRAM_MAX (16 + DENIED_COUNT)

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define RETURN(value) BPF_STMT(BPF_RET | BPF_K, value)
#define DENY RETURN(SECCOMP_RET_ERRNO | EPERM)
/* Skips the next instruction unless the comparison holds. */
#define IF_EQUAL(value) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1)
#define IF_SET(bits) BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, bits, 0, 1)

/* Arguments are words of 64 bits. Both architectures have the low half first. */
#define LOAD_FIRST_ARGUMENT LOAD(args[0])

static unsigned short write_filter(struct sock_filter *filter) {
  const struct sock_filter head[] = {
      LOAD(arch),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0),
      DENY,
      LOAD(nr),
      IF_SET(FOREIGN_BIT),
      DENY,
      /* The flags of clone3 lie in memory, which a filter cannot read. The C library then calls clone. */
      IF_EQUAL(SYS_clone3),
      RETURN(SECCOMP_RET_ERRNO | ENOSYS),
  };
  const struct sock_filter tail[] = {
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 3),
      LOAD_FIRST_ARGUMENT,
      IF_SET(NEW_NAMESPACES),
      DENY,
      RETURN(SECCOMP_RET_ALLOW),
  };
  unsigned short length = 0;
  for (size_t at = 0; at < sizeof head / sizeof *head; at++) filter[length++] = head[at];
  for (size_t at = 0; at < DENIED_COUNT; at++) {
    /* The last instruction but `tail` refuses; all comparisons jump to it. */
    unsigned char to_denial = (unsigned char)(DENIED_COUNT - at);
    filter[length++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, DENIED[at], to_denial, 0);
  }
  filter[length++] = (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, 1);
  filter[length++] = (struct sock_filter)DENY;
  for (size_t at = 0; at < sizeof tail / sizeof *tail; at++) filter[length++] = tail[at];
  return length;
}

static int confine_process(void) {
  struct sock_filter filter[PROGRAM_MAX];
  const struct sock_fprog program = {.len = write_filter(filter), .filter = filter};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return errno;
  /* A positive result is the id of a thread that has another filter. */
  long result = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program);
  return result == 0 ? 0 : result > 0 ? EBUSY : errno;
}

#else

static int confine_process(void) {
  return ENOSYS;
}

#endif

/* confine(): an errno, or 0. */
napi_value confine(napi_env env, napi_callback_info info) {
  (void)info;
  return number_value(env, confine_process());
}
