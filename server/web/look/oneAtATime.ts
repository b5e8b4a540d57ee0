export interface Standing<Question, Answer> {
  question: Question;
  /** Null: declined. */
  answer: (said: Answer | null) => void;
}

/**
 * Asks a person one question at a time: who asks another takes the one before for declined, so that whoever waits for it goes on.
 *
 * @param show told of the question that stands, or null
 */
export function oneAtATime<Question, Answer>(show: (standing: Standing<Question, Answer> | null) => void) {
  let standing: Standing<Question, Answer> | null = null;
  const decline = () => standing?.answer(null);
  const ask = (question: Question): Promise<Answer | null> => {
    decline();
    return new Promise((resolve) => {
      const asked: Standing<Question, Answer> = {
        question,
        answer: (said) => {
          if (standing === asked) {
            standing = null;
            show(null);
          }
          resolve(said);
        },
      };
      standing = asked;
      show(asked);
    });
  };
  return { ask, decline };
}
