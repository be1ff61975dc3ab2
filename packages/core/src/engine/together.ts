/** Natural batching: one question at a time; what is asked meanwhile waits and goes as one. */
export function together<Q, A>(ask: (questions: readonly Q[]) => Promise<A>): (question: Q) => Promise<A> {
  let running: Promise<unknown> | undefined
  let next: { readonly questions: Q[]; readonly answer: Promise<A> } | undefined
  return (question) => {
    if (next !== undefined) {
      next.questions.push(question)
      return next.answer
    }
    const questions = [question]
    const answer = (running ?? Promise.resolve()).then(() => {
      next = undefined
      const answered = ask(questions)
      running = answered.catch(() => undefined)
      return answered
    })
    next = { questions, answer }
    return answer
  }
}
