/**
 * Stands in the head of the page, before its style and its code: what the page is sure to need is on its way while the browser reads those.
 * Asked for by the page's own code it was there a hundred milliseconds later, and the page had to be drawn twice.
 */
import { postEarly } from '../posting.ts';
import { firstQuestion } from './firstQuestion.ts';

const base = new URL(document.baseURI).pathname.replace(/\/$/, '');
const question = firstQuestion(location.pathname.slice(base.length), location.search);
if (question) postEarly(question.path, question.input);
