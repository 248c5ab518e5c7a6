/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Intrusive doubly linked list, circular around its head. A link is in one list or in none; links
 * of zeros or after jf_list_remove are in none. Not thread-safe.
 */
#ifndef JF_LIST_H
#define JF_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct jf_link {
	struct jf_link *next;
	struct jf_link *prev;
};

struct jf_list {
	struct jf_link head;
};

/* The object of the given type whose member the link is. */
#define JF_CONTAINER(link, type, member) ((type *)(void *)((char *)(link)-offsetof(type, member)))

/* Goes through a list; the link it stands on may be removed meanwhile. */
#define JF_LIST_FOR(link, list)                                                                    \
	for (struct jf_link *link = (list)->head.next, *link##_next = link->next;                  \
	     link != &(list)->head; link = link##_next, link##_next = link->next)

static inline void jf_list_init(struct jf_list *list)
{
	list->head.next = list->head.prev = &list->head;
}

static inline bool jf_list_empty(const struct jf_list *list)
{
	return list->head.next == &list->head;
}

static inline bool jf_link_linked(const struct jf_link *link)
{
	return link->next != NULL;
}

static inline void jf_link_insert_after(struct jf_link *where, struct jf_link *link)
{
	link->prev = where;
	link->next = where->next;
	where->next->prev = link;
	where->next = link;
}

static inline void jf_list_append(struct jf_list *list, struct jf_link *link)
{
	jf_link_insert_after(list->head.prev, link);
}

static inline void jf_list_prepend(struct jf_list *list, struct jf_link *link)
{
	jf_link_insert_after(&list->head, link);
}

/* Does nothing to a link that is in no list. */
static inline void jf_list_remove(struct jf_link *link)
{
	if (!link->next)
		return;
	link->prev->next = link->next;
	link->next->prev = link->prev;
	link->next = link->prev = NULL;
}

/* NULL for an empty list. */
static inline struct jf_link *jf_list_first(const struct jf_list *list)
{
	return jf_list_empty(list) ? NULL : list->head.next;
}

static inline struct jf_link *jf_list_last(const struct jf_list *list)
{
	return jf_list_empty(list) ? NULL : list->head.prev;
}

#endif
