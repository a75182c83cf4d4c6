/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Measures commands of sh(1) against each other: measure [--runs=N]
 * [--warmup=N] [--prepare=COMMAND] NAME COMMAND [NAME COMMAND]... They take
 * turns, so that whatever else the machine does meets all of them. A line for
 * each: its name, medians of its seconds and of the processor's, the least and
 * the most of its seconds, the most memory in KiB, the number of its runs, tabs
 * in between.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define RUNS_MAX 1000

struct command {
	const char *name, *text;
	double seconds[RUNS_MAX], cpu[RUNS_MAX];
	long peak_kib;
};

static const char *prepare;
static int runs = 10, warmup = 1;

static void fail(const char *what, const char *why)
{
	fprintf(stderr, "measure: %s: %s\n", what, why);
	exit(1);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double seconds_of(const struct timeval *t)
{
	return (double)t->tv_sec + (double)t->tv_usec / 1e6;
}

/* What it prints is not looked at, its errors are. */
static void execute(const char *text)
{
	int null = open("/dev/null", O_RDWR);

	if (null >= 0 && dup2(null, 0) >= 0 && dup2(null, 1) >= 0)
		execl("/bin/sh", "sh", "-c", text, (char *)NULL);
	_exit(127);
}

static void run(const char *text, struct rusage *usage)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		execute(text);
	if (pid < 0 || wait4(pid, &status, 0, usage) != pid)
		fail(text, strerror(errno));
	if (status != 0)
		fail(text, "it failed");
}

static void measure(struct command *c, int round)
{
	struct rusage usage;
	double start;

	if (prepare)
		run(prepare, &usage);
	start = now();
	run(c->text, &usage);
	if (round < 0)
		return;
	c->seconds[round] = now() - start;
	c->cpu[round] =
		seconds_of(&usage.ru_utime) + seconds_of(&usage.ru_stime);
	if (usage.ru_maxrss > c->peak_kib)
		c->peak_kib = usage.ru_maxrss;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values)
{
	size_t n = (size_t)runs;

	qsort(values, n, sizeof(*values), by_size);
	return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

static void report(struct command *c)
{
	double seconds = median(c->seconds), cpu = median(c->cpu);

	printf("%s\t%.6f\t%.6f\t%.6f\t%.6f\t%ld\t%d\n", c->name, seconds, cpu,
	       c->seconds[0], c->seconds[runs - 1], c->peak_kib, runs);
}

static int usage(void)
{
	fputs("Usage: measure [--runs=N] [--warmup=N] [--prepare=COMMAND] "
	      "NAME COMMAND [NAME COMMAND]...\n",
	      stderr);
	return 2;
}

static bool take_option(const char *word)
{
	if (strncmp(word, "--runs=", 7) == 0)
		runs = atoi(word + 7);
	else if (strncmp(word, "--warmup=", 9) == 0)
		warmup = atoi(word + 9);
	else if (strncmp(word, "--prepare=", 10) == 0)
		prepare = word + 10;
	else
		return false;
	return true;
}

static struct command *commands_of(int count, char **words)
{
	struct command *commands = calloc((size_t)count, sizeof(*commands));

	if (!commands)
		fail("commands", strerror(ENOMEM));
	for (int i = 0; i < count; i++) {
		commands[i].name = words[2 * i];
		commands[i].text = words[2 * i + 1];
	}
	return commands;
}

int main(int argc, char **argv)
{
	struct command *commands;
	int count;

	for (argv++, argc--; argc && take_option(*argv); argv++)
		argc--;
	count = argc / 2;
	if (count < 1 || argc % 2 || runs < 1 || runs > RUNS_MAX)
		return usage();
	commands = commands_of(count, argv);
	for (int round = -warmup; round < runs; round++)
		for (int i = 0; i < count; i++)
			measure(&commands[i], round);
	for (int i = 0; i < count; i++)
		report(&commands[i]);
	free(commands);
	return 0;
}
